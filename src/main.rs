//! Arguments to a command; nothing else.

fn main() -> std::process::ExitCode {
    comanda::app::memory::set();
    comanda::cli::run()
}
