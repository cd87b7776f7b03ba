//! The MQI structures: which versions there are, how long each is, and what the fields mean for the verbs.
//!
//! Offsets come from `libmqm-sys`, whose layouts are checked against IBM's header; its types are never laid over callers'
//! memory. Lengths by version are those of `cmqc.h` and `cmqxc.h` on 64-bit platforms.

use std::ffi::c_void;

use crate::boundary::Codes;
use crate::memory::{Caller, Structure};

mod md;
mod od;
mod sd;
mod pmo;
mod gmo;
mod cno;
mod cd;
mod sco;
mod csp;
mod charv;
mod property;
mod callback;

pub(crate) use callback::{Cbd, Ctlo, Sts};
pub(crate) use cd::Cd;
pub(crate) use charv::Charv;
pub(crate) use cno::Cno;
pub(crate) use gmo::Gmo;
pub(crate) use md::Md;
pub(crate) use od::Od;
pub(crate) use pmo::Pmo;
pub(crate) use property::{
    Impo, Pd, Smpo, buffer_options, check_create, check_delete, delete_options, handle_options,
};
pub(crate) use sd::{Sd, Sro};

/// One kind of structure: its id, the lengths of its versions from 1 on, the reason for a wrong id or version.
#[derive(Debug)]
struct Layout {
    id: [u8; 4],
    lengths: &'static [usize],
    fault: i32,
}

/// `StrucId` and `Version` come first in every structure but MQCD and MQCHARV.
const HEAD_BYTES: usize = 8;

impl Layout {
    /// The structure at a pointer, no longer than the version that it states.
    fn open(&self, caller: Caller, pointer: *mut c_void) -> Result<Structure, Codes> {
        let fault = Codes::failed(self.fault);
        let head = caller.structure(pointer, HEAD_BYTES).ok_or(fault)?;
        if head.bytes::<4>(0) != self.id {
            return Err(fault);
        }
        length_of(head.long(4), self.lengths).map(|length| head.grown(length)).ok_or(fault)
    }
}

fn length_of(version: i32, lengths: &[usize]) -> Option<usize> {
    lengths.get(usize::try_from(version).ok()?.checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use libmqm_sys as mq;

    use super::*;

    /// Every kind with the lengths that IBM's header states.
    const LAYOUTS: [(&Layout, &[usize]); 21] = [
        (&sd::SD, &[mq::MQSD_LENGTH_1]),
        (&sd::SRO, &[mq::MQSRO_LENGTH_1]),
        (&callback::STS, &[mq::MQSTS_LENGTH_1, mq::MQSTS_LENGTH_2]),
        (&property::BMHO, &[mq::MQBMHO_LENGTH_1]),
        (&property::MHBO, &[mq::MQMHBO_LENGTH_1]),
        (&md::MD, &[mq::MQMD_LENGTH_1, mq::MQMD_LENGTH_2]),
        (&od::OD, &[mq::MQOD_LENGTH_1, mq::MQOD_LENGTH_2, mq::MQOD_LENGTH_3, mq::MQOD_LENGTH_4]),
        (&gmo::GMO, &[mq::MQGMO_LENGTH_1, mq::MQGMO_LENGTH_2, mq::MQGMO_LENGTH_3, mq::MQGMO_LENGTH_4]),
        (&pmo::PMO, &[mq::MQPMO_LENGTH_1, mq::MQPMO_LENGTH_2, mq::MQPMO_LENGTH_3]),
        (
            &cno::CNO,
            &[
                mq::MQCNO_LENGTH_1,
                mq::MQCNO_LENGTH_2,
                mq::MQCNO_LENGTH_3,
                mq::MQCNO_LENGTH_4,
                mq::MQCNO_LENGTH_5,
                mq::MQCNO_LENGTH_6,
                mq::MQCNO_LENGTH_7,
                mq::MQCNO_LENGTH_8,
            ],
        ),
        (
            &sco::SCO,
            &[
                mq::MQSCO_LENGTH_1,
                mq::MQSCO_LENGTH_2,
                mq::MQSCO_LENGTH_3,
                mq::MQSCO_LENGTH_4,
                mq::MQSCO_LENGTH_5,
                mq::MQSCO_LENGTH_6,
                mq::MQSCO_LENGTH_7,
            ],
        ),
        (&csp::CSP, &[mq::MQCSP_LENGTH_1, mq::MQCSP_LENGTH_2, mq::MQCSP_LENGTH_3]),
        (&callback::CBD, &[mq::MQCBD_LENGTH_1]),
        (&callback::CTLO, &[mq::MQCTLO_LENGTH_1]),
        (&property::CMHO, &[mq::MQCMHO_LENGTH_1]),
        (&property::DMHO, &[mq::MQDMHO_LENGTH_1]),
        (&property::SMPO, &[mq::MQSMPO_LENGTH_1]),
        (&property::IMPO, &[mq::MQIMPO_LENGTH_1]),
        (&property::DMPO, &[mq::MQDMPO_LENGTH_1]),
        (&property::PD, &[mq::MQPD_LENGTH_1]),
        (
            &Layout { id: *b"CD  ", lengths: &cd::LENGTHS, fault: 0 },
            &[
                mq::MQCD_LENGTH_1,
                mq::MQCD_LENGTH_2,
                mq::MQCD_LENGTH_3,
                mq::MQCD_LENGTH_4,
                mq::MQCD_LENGTH_5,
                mq::MQCD_LENGTH_6,
                mq::MQCD_LENGTH_7,
                mq::MQCD_LENGTH_8,
                mq::MQCD_LENGTH_9,
                mq::MQCD_LENGTH_10,
                mq::MQCD_LENGTH_11,
                mq::MQCD_LENGTH_12,
                mq::MQCD_LENGTH_13,
            ],
        ),
    ];

    #[test]
    fn every_version_is_as_long_as_ibms_header_says() {
        for (layout, lengths) in LAYOUTS {
            assert_eq!(layout.lengths, lengths, "{layout:?}");
        }
    }

    #[test]
    fn a_wrong_id_or_version_or_null_is_refused_with_the_structures_own_reason() {
        // SAFETY: what is opened below is as long as what every version begins with.
        let caller = unsafe { Caller::vouches() };
        for (layout, _) in LAYOUTS.iter().filter(|(layout, _)| layout.fault != 0) {
            let fault = Codes::failed(layout.fault);
            let opens = |id: [u8; 4], version: i32| {
                let mut memory = [0_u8; HEAD_BYTES];
                memory[..4].copy_from_slice(&id);
                memory[4..].copy_from_slice(&crate::field::to_native(version));
                layout.open(caller, memory.as_mut_ptr().cast()).map(drop)
            };
            assert_eq!(layout.open(caller, std::ptr::null_mut()).map(drop), Err(fault));
            assert_eq!(opens(*b"XXXX", 1), Err(fault));
            assert_eq!(opens(layout.id, 0), Err(fault));
            assert_eq!(opens(layout.id, -1), Err(fault));
            let last = i32::try_from(layout.lengths.len()).unwrap();
            assert_eq!(opens(layout.id, last), Ok(()));
            assert_eq!(opens(layout.id, last + 1), Err(fault));
        }
    }
}
