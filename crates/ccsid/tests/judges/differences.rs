//! Where a judge says otherwise: the CCSID, the bytes, and why we do not follow.

/// They are those of ICU, of Java and of Python too, unless said otherwise.
const ALONE: &str = "only glibc has it so";
const LIRA: &str =
    "IBM gave the place to the Turkish lira sign in 2012; others have the ordinal that it was before";
const OVERLINE: &str = "macron and overline, which all others have the other way round in this table";
const HEBREW: &str = "signs between the letters that differ from one release of IBM's table to the next";
const NEW_LINE: &str = "the line ends, which Newline is for";
const SUBSTITUTE: &str = "Python writes substitutes where there is no character";

/// glibc, compared with `Newline::Nel`.
pub(crate) const GLIBC: &[(i32, &[u8], &str)] = &[
    (278, &[0x71, 0xE0], ALONE),
    (285, &[0xA1], OVERLINE),
    (424, &[0x78, 0x8F, 0xB3, 0xBC], HEBREW),
    (870, &[0xB0], ALONE),
    (871, &[0x4A, 0xC0], ALONE),
    (875, &[0x6A, 0x74, 0xDD], ALONE),
    (1026, &[0x9A], LIRA),
    (1026, &[0x9D, 0xBC], ALONE),
    (1155, &[0x9A], LIRA),
];

/// Python with the package `ebcdic`, compared with `Newline::Lf`.
pub(crate) const PYTHON: &[(i32, &[u8], &str)] = &[
    (37, &[0x15], NEW_LINE),
    (273, &[0x15], NEW_LINE),
    (273, &[0xBC], OVERLINE),
    (424, &[0x15], NEW_LINE),
    (424, &[0xB3, 0xBC], HEBREW),
    (500, &[0x15], NEW_LINE),
    (875, &[0x15], NEW_LINE),
    (875, &[0xDC, 0xE1, 0xEC, 0xED, 0xFC, 0xFD], SUBSTITUTE),
    (1026, &[0x15], NEW_LINE),
    (1026, &[0x9A], LIRA),
    (1047, &[0x25], NEW_LINE),
    (1122, &[0xBC], OVERLINE),
    (1140, &[0x15], NEW_LINE),
];

/// Java, compared with `Newline::Lf`.
pub(crate) const JAVA: &[(i32, &[u8], &str)] =
    &[(1026, &[0x9A], LIRA), (1047, &[0x25], NEW_LINE), (1122, &[0xBC], OVERLINE)];
