//! Gives the library the name by which IBM's clients ask for it: a program linked against `libmqm_r.so` takes a library
//! that was loaded before (`LD_PRELOAD`) only if that is its SONAME.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libmqm_r.so");
    }
}
