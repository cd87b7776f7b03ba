//! Layouts from COBOL copybooks.
