//! Payments that tests put: written by us, each with an id of its own, all with values that no log may show.

use std::sync::atomic::{AtomicU32, Ordering};

/// Stands in every value of every payment that a person would mind seeing in a log, and in every answer of a service.
pub(crate) const MARKER: &str = "Quillfeather";

/// A pacs.008 with one transaction.
#[derive(Debug, Clone)]
pub(crate) struct Payment {
    /// Its EndToEndId, unlike any other's in this process.
    pub(crate) id: String,
    /// The message.
    pub(crate) xml: String,
}

impl Payment {
    /// A new payment.
    pub(crate) fn new() -> Self {
        Self::named("")
    }

    /// A new payment with this at the end of its id.
    pub(crate) fn named(suffix: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let hyphen = if suffix.is_empty() { "" } else { "-" };
        let id = format!("{MARKER}-{:06}{hyphen}{suffix}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let xml = pacs_008(&id);
        Self { id, xml }
    }

    /// `count` new payments.
    pub(crate) fn several(count: usize) -> Vec<Self> {
        (0..count).map(|_| Self::new()).collect()
    }

    /// Its bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.xml.as_bytes()
    }
}

fn pacs_008(id: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08"><FIToFICstmrCdtTrf>
<GrpHdr><MsgId>M-{id}</MsgId><CreDtTm>2026-11-24T09:30:00Z</CreDtTm><NbOfTxs>1</NbOfTxs>
<SttlmInf><SttlmMtd>CLRG</SttlmMtd><ClrSys><Cd>FPS</Cd></ClrSys></SttlmInf></GrpHdr>
<CdtTrfTxInf><PmtId><EndToEndId>{id}</EndToEndId><TxId>T-{id}</TxId></PmtId>
<IntrBkSttlmAmt Ccy="GBP">0048213.070</IntrBkSttlmAmt><ChrgBr>SLEV</ChrgBr>
<Dbtr><Nm>Ada {MARKER} &amp; Söhne</Nm></Dbtr><DbtrAcct><Id><Othr><Id>{MARKER}40400411223344</Id></Othr></Id></DbtrAcct>
<CdtrAgt><FinInstnId><ClrSysMmbId><MmbId>404004</MmbId></ClrSysMmbId></FinInstnId></CdtrAgt>
<Cdtr><Nm>Zoë {MARKER}</Nm></Cdtr><CdtrAcct><Id><Othr><Id>{MARKER}40400455667788</Id></Othr></Id></CdtrAcct>
<RmtInf><Ustrd>Rent for {MARKER} House, flat 4 €</Ustrd></RmtInf></CdtTrfTxInf>
</FIToFICstmrCdtTrf></Document>
"#
    )
}
