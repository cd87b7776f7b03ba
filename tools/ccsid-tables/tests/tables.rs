//! The committed tables are what ICU gives now.

#[test]
fn the_tables_are_up_to_date() {
    if !ccsid_tables::is_present() {
        let required = std::env::var_os("MQGATE_REQUIRE_SUITES").is_some_and(|value| value == "1");
        assert!(!required, "MQGATE_REQUIRE_SUITES=1, but there is no uconv (apt-get install icu-devtools)");
        eprintln!("skipped: there is no uconv");
        return;
    }
    let written = ccsid_tables::generate().unwrap();
    let committed = std::fs::read_to_string(ccsid_tables::tables_file()).unwrap();
    assert!(written == committed, "the tables are not what ICU gives: cargo run -p ccsid-tables");
}
