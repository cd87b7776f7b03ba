//! What the types forbid does not compile, and says why.

#[test]
fn a_unit_of_work_cannot_be_misused() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/compile_fail/*.rs");
}
