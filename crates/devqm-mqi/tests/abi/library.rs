//! The file: which symbols it has and what it is called inside.

use crate::harness::profile_folder;

const SYMBOLS: [&str; 26] = [
    "MQBACK", "MQBEGIN", "MQBUFMH", "MQCB", "MQCLOSE", "MQCMIT", "MQCONN", "MQCONNX", "MQCRTMH", "MQCTL",
    "MQDISC", "MQDLTMH", "MQDLTMP", "MQGET", "MQINQ", "MQINQMP", "MQMHBUF", "MQOPEN", "MQPUT", "MQPUT1",
    "MQSET", "MQSETMP", "MQSTAT", "MQSUB", "MQSUBRQ", "MQXCNVC",
];

#[test]
fn a_program_that_loads_the_library_finds_all_symbols_of_the_mqi() {
    let path = profile_folder().join("deps/libmqm_r.so");
    // SAFETY: the library has no initialisers that could do anything.
    let library = unsafe { libloading::Library::new(&path) }.unwrap();
    for symbol in SYMBOLS {
        // SAFETY: the symbol is looked up, not called.
        let found = unsafe { library.get::<extern "C" fn()>(symbol) };
        assert!(found.is_ok(), "{symbol}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn its_soname_is_the_name_that_programs_are_linked_with() {
    let bytes = std::fs::read(profile_folder().join("deps/libmqm_r.so")).unwrap();
    let soname = b"\0libmqm_r.so\0";
    assert!(bytes.windows(soname.len()).any(|window| window == soname));
}
