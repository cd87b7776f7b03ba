//! Which elements hold names, addresses and accounts of people and companies, by the names that ISO 20022 gives them.

use crate::translate::mask::Mask;

/// Elements of which the text is masked wherever they stand, sorted.
const ELEMENTS: [&str; 36] = [
    "AddtlNtryInf",
    "AddtlRmtInf",
    "AddtlTxInf",
    "AdrLine",
    "BBAN",
    "BirthDt",
    "BldgNb",
    "BldgNm",
    "CityOfBirth",
    "CstmrId",
    "CtrySubDvsn",
    "DstrctNm",
    "EmailAdr",
    "FaxNb",
    "Flr",
    "FrstNm",
    "IBAN",
    "LEI",
    "MobNb",
    "Nm",
    "PAN",
    "PhneNb",
    "PlainCardData",
    "PmtCardNb",
    "PrvcOfBirth",
    "PstBx",
    "PstCd",
    "Room",
    "StrtNm",
    "SubDept",
    "TaxId",
    "TwnLctnNm",
    "TwnNm",
    "UPIC",
    "URLAdr",
    "Ustrd",
];

/// The mark of a leaf; `ancestors` from its parent outwards.
pub(super) fn mark<'a>(
    local: &str,
    mut ancestors: impl Iterator<Item = &'a str>,
    is_markup: bool,
) -> Option<Mask> {
    if local == "PAN" || local == "PmtCardNb" {
        return Some(Mask::Pan);
    }
    // A text that is itself XML may hold anything.
    if is_markup || ELEMENTS.binary_search(&local).is_ok() {
        return Some(Mask::Whole);
    }
    // `DbtrAcct/Id/Othr/Id`, `PrvtId/Othr/Id`.
    let of_other = local == "Id" && ancestors.next() == Some("Othr");
    let whose = ancestors.next().unwrap_or_default();
    let of_person = whose == "PrvtId" || whose == "Id" && ancestors.next().is_some_and(is_account);
    (of_other && of_person).then_some(Mask::Whole)
}

fn is_account(name: &str) -> bool {
    name.ends_with("Acct")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_accounts_are_marked_and_references_are_not() {
        let marked = |path: &str| {
            let mut names = path.rsplit('/');
            mark(names.next().unwrap(), names, false)
        };
        assert!(ELEMENTS.is_sorted());
        for path in [
            "Dbtr/Nm",
            "DbtrAcct/Id/IBAN",
            "CdtrAcct/Id/Othr/Id",
            "Dbtr/Id/PrvtId/Othr/Id",
            "PstlAdr/AdrLine",
        ] {
            assert_eq!(marked(path), Some(Mask::Whole), "{path}");
        }
        for path in ["GrpHdr/MsgId", "Dbtr/Id/OrgId/Othr/Id", "ClrSysId/Cd", "Id", "Othr/Id"] {
            assert_eq!(marked(path), None, "{path}");
        }
        assert_eq!(marked("Card/PAN"), Some(Mask::Pan));
        assert_eq!(mark("Any", std::iter::empty(), true), Some(Mask::Whole));
    }
}
