//! `devqm serve`, `devqm mqsc`, `devqm conformance`, `devqm compact`, `devqm password`.

#![forbid(unsafe_code)]

mod console;

use std::ffi::OsString;
use std::io::Write;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use devqm::faults::OPERATOR;
use devqm::native::Client;
use devqm::serve::{self, Options};
use devqm::store;
use devqm::tls;
use devqm::users;
use devqm::verbs::{Connect, Outcome, Request, Secret};

/// A development queue manager: a small, durable stand-in for IBM MQ.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs a queue manager until SIGTERM or Ctrl-C.
    Serve(Serve),
    /// Carries out MQSC commands on a running queue manager.
    Mqsc(Mqsc),
    /// Asks any queue manager whether it behaves as MQ does: runs `devqm-conformance`, which stands beside this program.
    #[command(disable_help_flag = true)]
    Conformance {
        /// What `devqm-conformance` takes.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Gives the disk back what messages that are gone have taken. The queue manager must be stopped.
    Compact {
        /// The data folder.
        #[arg(long)]
        data: PathBuf,
    },
    /// Reads a password from standard input and prints a line for the users file.
    Password {
        /// The user.
        user: String,
    },
}

#[derive(Debug, Args)]
struct Serve {
    /// The data folder; made if it does not exist.
    #[arg(long)]
    data: PathBuf,
    /// MQSC commands that say which objects exist; DEFINEs of existing ones are skipped.
    #[arg(long)]
    mqsc: Option<PathBuf>,
    /// Address and port; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:1414")]
    listen: String,
    /// Users who may connect, as lines of `devqm password`; without it everybody may.
    #[arg(long)]
    users: Option<PathBuf>,
    /// The listener's certificate, PEM, with those between it and its authority; without it no client may use TLS.
    #[arg(long, requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key, PEM, not enciphered.
    #[arg(long, requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// The authorities of clients' certificates, PEM; without it no client can show one.
    #[arg(long, requires = "tls_cert")]
    tls_client_ca: Option<PathBuf>,
    /// The queue manager's name.
    #[arg(long, default_value = "QM1")]
    queue_manager: String,
    /// How much memory the data of messages on queues may take, in MiB; data beyond it is on disk only.
    #[arg(long, default_value_t = 256, env = "DEVQM_MESSAGE_MEMORY_MIB")]
    message_memory_mib: u32,
    /// A file to which the address is written once the queue manager serves.
    #[arg(long)]
    ready_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Mqsc {
    /// The running queue manager's HOST:PORT.
    #[arg(long, default_value = "127.0.0.1:1414")]
    connect: String,
    /// The channel.
    #[arg(long, default_value = "SYSTEM.DEF.SVRCONN")]
    channel: String,
    /// The user, where the queue manager asks for one.
    #[arg(long, requires = "password_file")]
    user: Option<String>,
    /// A file with the user's password.
    #[arg(long, requires = "user")]
    password_file: Option<PathBuf>,
    /// A command; may be given several times.
    #[arg(short, long = "command", conflicts_with = "file")]
    commands: Vec<String>,
    /// A file of commands, or - for standard input. With neither, commands are read from the terminal, or from standard
    /// input where that is none.
    file: Option<PathBuf>,
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            _ = error.print();
            return ExitCode::from(if error.use_stderr() { 64 } else { 0 });
        }
    };
    let result = match cli.command {
        Command::Serve(options) => return serve(options),
        Command::Mqsc(options) => mqsc(&options),
        Command::Conformance { arguments } => conformance(&arguments),
        Command::Compact { data } => return compact(&data),
        Command::Password { user } => password(&user).map(|()| ExitCode::SUCCESS),
    };
    result.unwrap_or_else(|error| {
        eprintln!("devqm: {error:#}");
        ExitCode::from(69)
    })
}

fn serve(options: Serve) -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    let options = Options {
        data: options.data,
        mqsc: options.mqsc,
        listen: options.listen,
        users: options.users,
        tls: options.tls_cert.zip(options.tls_key).map(|(certificates, key)| tls::Files {
            certificates,
            key,
            client_authorities: options.tls_client_ca,
        }),
        queue_manager: options.queue_manager,
        message_memory_bytes: options.message_memory_mib as usize * 1024 * 1024,
        ready_file: options.ready_file,
    };
    // A queue manager that lost its footing must not go on: clients back out, the store has what was committed.
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        report(panic);
        std::process::exit(70);
    }));
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("devqm: {error}");
            return ExitCode::from(70);
        }
    };
    match runtime.block_on(async { serve::serve(&options, announce, stopped()).await }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("devqm: {error}");
            ExitCode::from(exit_code(&error))
        }
    }
}

/// The one line on standard output that programs wait for.
fn announce(address: std::net::SocketAddr) {
    let mut stdout = std::io::stdout();
    _ = writeln!(stdout, "devqm: listening on {address}").and_then(|()| stdout.flush());
}

/// Ends with SIGTERM or SIGINT, from the call on: a signal that comes before the queue manager serves is not lost.
fn stopped() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    async move {
        let (Ok(mut terminate), Ok(mut interrupt)) = signals else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
}

/// As in sysexits.h: 69 unavailable, 73 cannot create, 74 input or output, 78 configuration.
fn exit_code(error: &serve::Error) -> u8 {
    match error {
        serve::Error::MqscUnreadable { .. }
        | serve::Error::Mqsc(_)
        | serve::Error::Users(_)
        | serve::Error::Tls(_) => 78,
        serve::Error::Store(store::Error::InUse(_)) | serve::Error::Listen { .. } => 69,
        serve::Error::Store(_) | serve::Error::ReadyFile { .. } => 73,
        serve::Error::Thread(_) => 70,
        serve::Error::Writer(_) => 74,
    }
}

fn mqsc(options: &Mqsc) -> anyhow::Result<ExitCode> {
    let text = match &options.file {
        None if !options.commands.is_empty() => Some(options.commands.join("\n")),
        None if console::is_interactive() => None,
        Some(file) if file.as_os_str() != "-" => {
            Some(std::fs::read_to_string(file).with_context(|| file.display().to_string())?)
        }
        _ => Some(std::io::read_to_string(std::io::stdin())?),
    };
    let mut client = connect(options)?;
    let failed = match text {
        Some(text) => {
            let (said, succeeded) = carry_out(&mut client, text)?;
            println!("{said}");
            usize::from(!succeeded)
        }
        None => console::converse(|command| carry_out(&mut client, command))?,
    };
    client.call(&Request::Disconnect)?;
    Ok(ExitCode::from(if failed == 0 { 0 } else { 1 }))
}

fn connect(options: &Mqsc) -> anyhow::Result<Client> {
    let password = match &options.password_file {
        Some(file) => std::fs::read_to_string(file).with_context(|| file.display().to_string())?,
        None => String::new(),
    };
    let stream = TcpStream::connect(&options.connect).with_context(|| options.connect.clone())?;
    let mut client = Client::open(stream)?;
    let connect = Connect {
        channel: options.channel.clone(),
        user: options.user.clone().unwrap_or_default(),
        password: Secret(password.trim_end_matches(['\r', '\n']).to_owned()),
        application_name: OPERATOR.to_owned(),
        process_user: std::env::var("USER").unwrap_or_default(),
        ..Connect::default()
    };
    let reply = client.call(&Request::Connect(connect))?;
    anyhow::ensure!(
        reply.completion == 0,
        "the queue manager refuses the connection: reason {}",
        reply.reason
    );
    Ok(client)
}

/// What the queue manager says to MQSC, and whether all of it succeeded.
fn carry_out(client: &mut Client, text: String) -> anyhow::Result<(String, bool)> {
    let reply = client.call(&Request::Mqsc(text))?;
    let said = match reply.outcome {
        Outcome::Text(said) => said,
        _ => format!("the queue manager answers with reason {}", reply.reason),
    };
    Ok((said, reply.completion == 0))
}

/// It is a program of its own because it calls the MQI through a client library, which devqm never does.
fn conformance(arguments: &[OsString]) -> anyhow::Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    let beside = std::env::current_exe()?.with_file_name("devqm-conformance");
    let error = std::process::Command::new(&beside).args(arguments).exec();
    Err(error).with_context(|| format!("{}: cargo build -p conformance makes it", beside.display()))
}

fn compact(data: &Path) -> ExitCode {
    match store::compact(data) {
        Ok(done) => {
            println!(
                "devqm: {} of {} MiB are left",
                mebibytes(done.bytes_after),
                mebibytes(done.bytes_before)
            );
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("devqm: {error}");
            ExitCode::from(exit_code(&error.into()))
        }
    }
}

/// Rounded up.
fn mebibytes(bytes: u64) -> u64 {
    bytes.div_ceil(1024 * 1024)
}

fn password(user: &str) -> anyhow::Result<()> {
    anyhow::ensure!(!user.is_empty() && !user.contains(':'), "a user's name is not empty and holds no colon");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    println!("{user}:{}", users::hash(line.trim_end_matches(['\r', '\n']))?);
    Ok(())
}
