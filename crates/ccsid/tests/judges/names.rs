//! What others call the character sets.

use ccsid::{Family, SingleByte, single_bytes};

/// A character set by the names that glibc, Python and Java give it.
pub(crate) struct Names {
    pub(crate) ccsid: i32,
    pub(crate) glibc: String,
    pub(crate) python: String,
    pub(crate) java: String,
}

/// All of them that others may have. They have one version only of what IBM has several of.
pub(crate) fn all() -> Vec<Names> {
    single_bytes().filter_map(names).collect()
}

fn names(table: &SingleByte) -> Option<Names> {
    let ccsid = table.ccsid;
    let named = |glibc, python, java| Some(Names { ccsid, glibc, python, java });
    let iso =
        |part: i32| named(format!("ISO-8859-{part}"), format!("iso8859_{part}"), format!("ISO-8859-{part}"));
    let windows = |page: i32| named(format!("CP{page}"), format!("cp{page}"), format!("windows-{page}"));
    match ccsid {
        367 => named("ASCII".into(), "ascii".into(), "US-ASCII".into()),
        819 => iso(1),
        912..=915 => iso(ccsid - 910),
        1089 => iso(6),
        9005 => iso(7),
        5012 => iso(8),
        920 => iso(9),
        919 => iso(10),
        921 => iso(13),
        923 => iso(15),
        5346..=5350 => windows(ccsid - 4096),
        9447..=9449 => windows(ccsid - 8192),
        5354 => windows(1258),
        437 | 850 | 852 => named(format!("IBM{ccsid}"), format!("cp{ccsid}"), format!("IBM{ccsid}")),
        858 => named(format!("IBM{ccsid}"), format!("cp{ccsid}"), format!("IBM{ccsid:05}")),
        _ if table.family == Family::Ebcdic => {
            named(format!("IBM{ccsid:03}"), format!("cp{ccsid:03}"), format!("Cp{ccsid:03}"))
        }
        _ => None,
    }
}
