//! The committed table is what the schemas give now. The schemas are not part of the project.

#[test]
fn the_table_is_up_to_date() {
    let folder = iso20022_table::schema_folder();
    if !folder.is_dir() {
        let required = std::env::var_os("MQGATE_REQUIRE_SUITES").is_some_and(|value| value == "1");
        assert!(!required, "MQGATE_REQUIRE_SUITES=1, but there are no schemas in {}", folder.display());
        eprintln!("skipped: there are no schemas in {}", folder.display());
        return;
    }
    let written = iso20022_table::generate(&folder).unwrap();
    let committed = std::fs::read_to_string(iso20022_table::table_file()).unwrap();
    assert!(written == committed, "the table is not what the schemas give: cargo run -p iso20022-table");
}
