//! The character sets, by CCSID.

/// What family a character set is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// EBCDIC.
    Ebcdic,
    /// ASCII in the lower half: ISO 8859.
    Ascii,
    /// ASCII in the lower half, of Windows.
    Windows,
    /// ASCII in the lower half, of the PC.
    Pc,
}

/// One character set.
#[derive(Debug)]
pub struct Set {
    /// Its number.
    pub ccsid: i32,
    /// Its family.
    pub kind: Kind,
    /// What it is called, for people.
    pub name: &'static str,
    /// What ICU calls it.
    pub icu_name: &'static str,
}

const fn ebcdic(ccsid: i32, name: &'static str, icu_name: &'static str) -> Set {
    Set { ccsid, kind: Kind::Ebcdic, name, icu_name }
}

const fn ascii(ccsid: i32, name: &'static str, icu_name: &'static str) -> Set {
    Set { ccsid, kind: Kind::Ascii, name, icu_name }
}

const fn windows(ccsid: i32, name: &'static str, icu_name: &'static str) -> Set {
    Set { ccsid, kind: Kind::Windows, name, icu_name }
}

const fn pc(ccsid: i32, name: &'static str, icu_name: &'static str) -> Set {
    Set { ccsid, kind: Kind::Pc, name, icu_name }
}

/// All of them, in the order of their numbers.
#[rustfmt::skip]
pub const SETS: &[Set] = &[
    ebcdic(37, "EBCDIC US, Canada, Netherlands, Portugal", "ibm-37_P100-1995"),
    ebcdic(273, "EBCDIC Germany, Austria", "ibm-273_P100-1995"),
    ebcdic(277, "EBCDIC Denmark, Norway", "ibm-277_P100-1995"),
    ebcdic(278, "EBCDIC Finland, Sweden", "ibm-278_P100-1995"),
    ebcdic(280, "EBCDIC Italy", "ibm-280_P100-1995"),
    ebcdic(284, "EBCDIC Spain, Latin America", "ibm-284_P100-1995"),
    ebcdic(285, "EBCDIC United Kingdom", "ibm-285_P100-1995"),
    ebcdic(297, "EBCDIC France", "ibm-297_P100-1995"),
    ascii(367, "ASCII", "US-ASCII"),
    ebcdic(424, "EBCDIC Hebrew", "ibm-424_P100-1995"),
    pc(437, "PC US", "ibm-437_P100-1995"),
    ebcdic(500, "EBCDIC International", "ibm-500_P100-1995"),
    ascii(813, "ISO 8859-7:1987 Greek", "ibm-813_P100-1995"),
    ascii(819, "ISO 8859-1 Latin 1", "ISO-8859-1"),
    pc(850, "PC Latin 1", "ibm-850_P100-1995"),
    pc(852, "PC Latin 2", "ibm-852_P100-1995"),
    pc(858, "PC Latin 1 with euro", "ibm-858_P100-1997"),
    ebcdic(870, "EBCDIC Latin 2", "ibm-870_P100-1995"),
    ebcdic(871, "EBCDIC Iceland", "ibm-871_P100-1995"),
    ebcdic(875, "EBCDIC Greek", "ibm-875_P100-1995"),
    ascii(912, "ISO 8859-2 Latin 2", "ibm-912_P100-1995"),
    ascii(913, "ISO 8859-3 Latin 3", "ibm-913_P100-2000"),
    ascii(914, "ISO 8859-4 Latin 4", "ibm-914_P100-1995"),
    ascii(915, "ISO 8859-5 Cyrillic", "ibm-915_P100-1995"),
    ascii(916, "ISO 8859-8 Hebrew", "ibm-916_P100-1995"),
    ascii(919, "ISO 8859-10 Latin 6", "iso-8859_10-1998"),
    ascii(920, "ISO 8859-9 Latin 5", "ibm-920_P100-1995"),
    ascii(921, "ISO 8859-13 Baltic", "ibm-921_P100-1995"),
    ascii(923, "ISO 8859-15 Latin 9", "ibm-923_P100-1998"),
    ebcdic(1025, "EBCDIC Cyrillic", "ibm-1025_P100-1995"),
    ebcdic(1026, "EBCDIC Turkey", "ibm-1026_P100-1995"),
    ebcdic(1047, "EBCDIC Open Systems", "ibm-1047_P100-1995"),
    ascii(1089, "ISO 8859-6 Arabic", "ibm-1089_P100-1995"),
    ebcdic(1112, "EBCDIC Baltic", "ibm-1112_P100-1995"),
    ebcdic(1122, "EBCDIC Estonia", "ibm-1122_P100-1999"),
    ebcdic(1140, "EBCDIC US with euro", "ibm-1140_P100-1997"),
    ebcdic(1141, "EBCDIC Germany with euro", "ibm-1141_P100-1997"),
    ebcdic(1142, "EBCDIC Denmark, Norway with euro", "ibm-1142_P100-1997"),
    ebcdic(1143, "EBCDIC Finland, Sweden with euro", "ibm-1143_P100-1997"),
    ebcdic(1144, "EBCDIC Italy with euro", "ibm-1144_P100-1997"),
    ebcdic(1145, "EBCDIC Spain with euro", "ibm-1145_P100-1997"),
    ebcdic(1146, "EBCDIC United Kingdom with euro", "ibm-1146_P100-1997"),
    ebcdic(1147, "EBCDIC France with euro", "ibm-1147_P100-1997"),
    ebcdic(1148, "EBCDIC International with euro", "ibm-1148_P100-1997"),
    ebcdic(1149, "EBCDIC Iceland with euro", "ibm-1149_P100-1997"),
    ebcdic(1153, "EBCDIC Latin 2 with euro", "ibm-1153_P100-1999"),
    ebcdic(1154, "EBCDIC Cyrillic with euro", "ibm-1154_P100-1999"),
    ebcdic(1155, "EBCDIC Turkey with euro", "ibm-1155_P100-1999"),
    ebcdic(1156, "EBCDIC Baltic with euro", "ibm-1156_P100-1999"),
    ebcdic(1157, "EBCDIC Estonia with euro", "ibm-1157_P100-1999"),
    ascii(4909, "ISO 8859-7 Greek with euro", "ibm-4909_P100-1999"),
    ascii(5012, "ISO 8859-8 Hebrew, 1999", "ibm-5012_P100-1999"),
    windows(5346, "Windows 1250 Latin 2 with euro", "ibm-5346_P100-1998"),
    windows(5347, "Windows 1251 Cyrillic with euro", "ibm-5347_P100-1998"),
    windows(5348, "Windows 1252 Latin 1 with euro", "ibm-5348_P100-1997"),
    windows(5349, "Windows 1253 Greek with euro", "ibm-5349_P100-1998"),
    windows(5350, "Windows 1254 Turkish with euro", "ibm-5350_P100-1998"),
    windows(5351, "Windows 1255 Hebrew with euro", "ibm-5351_P100-1998"),
    windows(5352, "Windows 1256 Arabic with euro", "ibm-5352_P100-1998"),
    windows(5353, "Windows 1257 Baltic with euro", "ibm-5353_P100-1998"),
    windows(5354, "Windows 1258 Vietnamese with euro", "ibm-5354_P100-1998"),
    ascii(9005, "ISO 8859-7:2003 Greek", "ibm-9005_X110-2007"),
    windows(9447, "Windows 1255 Hebrew, 2002", "ibm-9447_P100-2002"),
    windows(9448, "Windows 1256 Arabic, 2002", "ibm-9448_X100-2005"),
    windows(9449, "Windows 1257 Baltic, 2002", "ibm-9449_P100-2002"),
];
