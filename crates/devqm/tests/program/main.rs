//! The program from outside: a real process, real sockets, a real data folder, and a real `kill -9`.

mod harness;
mod durability;
