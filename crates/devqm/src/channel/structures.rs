//! MQMD, MQOD, MQGMO and MQPMO as they travel: the fields of `cmqc.h` in their order, packed, pointers four bytes and without
//! a meaning. What a call asks is read from them, and what it is answered is written over them.

use libmqm_sys as mq;

use super::wire::{Block, Broken, Order, Reader, padded, status, text};
use crate::verbs::{Descriptor, Get, Got, ObjectHandle, Open, Opened, Put, ResolvedNames};

/// MQMD version 1 and 2 in bytes.
const MD_BYTES: [usize; 2] = [324, 364];
/// MQOD versions 1 to 4.
const OD_BYTES: [usize; 4] = [168, 200, 336, 400];
/// MQGMO versions 1 to 4.
const GMO_BYTES: [usize; 4] = [72, 80, 100, 112];
/// MQPMO versions 1 to 3.
const PMO_BYTES: [usize; 3] = [128, 152, 176];

/// MQMD and its version.
#[derive(Debug, Clone)]
pub(crate) struct Md {
    pub(crate) version: i32,
    pub(crate) descriptor: Descriptor,
}

/// MQOD as it came, and the texts that it points to.
#[derive(Debug, Clone)]
pub(crate) struct Od {
    block: Block,
    object_string: String,
    selection: String,
}

/// MQGMO as it came.
#[derive(Debug, Clone)]
pub(crate) struct Gmo(Block);

/// MQPMO as it came.
#[derive(Debug, Clone)]
pub(crate) struct Pmo(Block);

impl Md {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Broken> {
        let md = reader.structure(*b"MD  ", &MD_BYTES)?;
        let version = md.word(4);
        let second = version > 1;
        let descriptor = Descriptor {
            report: md.word(8),
            message_type: md.word(12),
            expiry: md.word(16),
            feedback: md.word(20),
            encoding: md.word(24),
            ccsid: md.word(28),
            format: blanks(md.array(32)),
            priority: md.word(40),
            persistence: md.word(44),
            message_id: md.array(48),
            correlation_id: md.array(72),
            backout_count: md.word(96),
            reply_to_queue: md.text::<48>(100),
            reply_to_queue_manager: md.text::<48>(148),
            user_identifier: blanks(md.array(196)),
            accounting_token: md.array(208),
            application_identity: blanks(md.array(240)),
            put_application_type: md.word(272),
            put_application_name: blanks(md.array(276)),
            put_date: blanks(md.array(304)),
            put_time: blanks(md.array(312)),
            application_origin: blanks(md.array(320)),
            group_id: md.array(324),
            sequence_number: if second { md.word(348) } else { 1 },
            offset: md.word(352),
            message_flags: md.word(356),
            original_length: if second { md.word(360) } else { mq::MQOL_UNDEFINED },
        };
        Ok(Self { version, descriptor })
    }

    /// The structure; of version 1, without what only version 2 has.
    pub(crate) fn bytes(&self, order: Order) -> Vec<u8> {
        let Self { version, descriptor } = self;
        let version = *version;
        let length = if version > 1 { MD_BYTES[1] } else { MD_BYTES[0] };
        let mut md = Block::new(length, order);
        md.set(0, b"MD  ");
        md.set_word(4, version);
        md.set_word(8, descriptor.report);
        md.set_word(12, descriptor.message_type);
        md.set_word(16, descriptor.expiry);
        md.set_word(20, descriptor.feedback);
        md.set_word(24, descriptor.encoding);
        md.set_word(28, descriptor.ccsid);
        md.set(32, &descriptor.format);
        md.set_word(40, descriptor.priority);
        md.set_word(44, descriptor.persistence);
        md.set(48, &descriptor.message_id);
        md.set(72, &descriptor.correlation_id);
        md.set_word(96, descriptor.backout_count);
        md.set_text::<48>(100, &descriptor.reply_to_queue);
        md.set_text::<48>(148, &descriptor.reply_to_queue_manager);
        md.set(196, &descriptor.user_identifier);
        md.set(208, &descriptor.accounting_token);
        md.set(240, &descriptor.application_identity);
        md.set_word(272, descriptor.put_application_type);
        md.set(276, &descriptor.put_application_name);
        md.set(304, &descriptor.put_date);
        md.set(312, &descriptor.put_time);
        md.set(320, &descriptor.application_origin);
        if version > 1 {
            md.set(324, &descriptor.group_id);
            md.set_word(348, descriptor.sequence_number);
            md.set_word(352, descriptor.offset);
            md.set_word(356, descriptor.message_flags);
            md.set_word(360, descriptor.original_length);
        }
        md.bytes
    }
}

impl Od {
    /// Reads a structure and its texts, which lie somewhere behind its beginning.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Broken> {
        let behind = reader.rest();
        let block = reader.structure(*b"OD  ", &OD_BYTES)?;
        let texts = string(&block, 336, behind).zip(string(&block, 356, behind));
        let (object_string, selection) =
            texts.ok_or(reader.broken(status::INVALID_DATA, "texts that lie within the call"))?;
        Ok(Self { block, object_string, selection })
    }

    /// What is to be opened. None for a distribution list.
    pub(crate) fn open(&self, options: i32) -> Option<Open> {
        (self.block.word(168) == 0).then(|| Open {
            object_type: self.block.word(8),
            object_name: self.block.text::<48>(12),
            queue_manager: self.block.text::<48>(60),
            dynamic_name: self.block.text::<48>(108),
            options,
            object_string: self.object_string.clone(),
            selection: self.selection.clone(),
        })
    }

    /// Writes what was opened.
    pub(crate) fn answer(&mut self, opened: &Opened) {
        self.block.set_text::<48>(12, &opened.object_name);
        self.block.set_text::<48>(60, &opened.queue_manager);
        self.resolve(&opened.resolved);
        self.block.set_word(396, opened.resolved_type);
    }

    /// Writes to which queue a name led.
    pub(crate) fn resolve(&mut self, names: &ResolvedNames) {
        self.block.set_word(172, 1);
        self.block.set_text::<48>(240, &names.queue);
        self.block.set_text::<48>(288, &names.queue_manager);
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.block.bytes
    }
}

impl Gmo {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Broken> {
        reader.structure(*b"GMO ", &GMO_BYTES).map(Self)
    }

    /// What the get asks for.
    pub(crate) fn get(&self, handle: ObjectHandle, descriptor: Descriptor, buffer_bytes: u32) -> Get {
        let gmo = &self.0;
        let version = gmo.word(4);
        let first = mq::MQMO_MATCH_MSG_ID | mq::MQMO_MATCH_CORREL_ID;
        Get {
            handle,
            options: gmo.word(8),
            match_options: if version > 1 { gmo.word(72) } else { first },
            wait_interval_ms: gmo.word(12),
            buffer_bytes,
            descriptor,
            token: gmo.array(80),
            with_properties: false,
            standing: false,
        }
    }

    /// Writes what was got.
    pub(crate) fn answer(&mut self, got: &Got) {
        let gmo = &mut self.0;
        gmo.set_text::<48>(24, &got.resolved_queue);
        // Group status, segment status and segmentation: a message that is neither in a group nor a segment.
        gmo.set(76, b"   ");
        gmo.set(80, &got.token);
        gmo.set_word(96, i32::try_from(got.body.len()).unwrap_or(i32::MAX));
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0.bytes
    }
}

impl Pmo {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Broken> {
        reader.structure(*b"PMO ", &PMO_BYTES).map(Self)
    }

    /// What the put asks for. None for a distribution list.
    pub(crate) fn put(&self, handle: ObjectHandle, descriptor: Descriptor, body: Vec<u8>) -> Option<Put> {
        (self.0.word(128) == 0).then(|| Put {
            handle,
            options: self.0.word(8),
            context: self.0.word(16),
            descriptor,
            properties: Vec::new(),
            body,
        })
    }

    /// Writes where the message went.
    pub(crate) fn answer(&mut self, names: &ResolvedNames) {
        self.0.set_word(20, 1);
        self.0.set_text::<48>(32, &names.queue);
        self.0.set_text::<48>(80, &names.queue_manager);
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0.bytes
    }
}

/// A descriptor of which nothing is stated.
pub(crate) fn blank() -> Descriptor {
    Descriptor {
        report: 0,
        message_type: mq::MQMT_DATAGRAM,
        expiry: mq::MQEI_UNLIMITED,
        feedback: 0,
        encoding: 0,
        ccsid: 0,
        format: [b' '; 8],
        priority: mq::MQPRI_PRIORITY_AS_Q_DEF,
        persistence: mq::MQPER_PERSISTENCE_AS_Q_DEF,
        message_id: [0; 24],
        correlation_id: [0; 24],
        backout_count: 0,
        reply_to_queue: String::new(),
        reply_to_queue_manager: String::new(),
        user_identifier: [b' '; 12],
        accounting_token: [0; 32],
        application_identity: [b' '; 32],
        put_application_type: 0,
        put_application_name: [b' '; 28],
        put_date: [b' '; 8],
        put_time: [b' '; 8],
        application_origin: [b' '; 4],
        group_id: [0; 24],
        sequence_number: 1,
        offset: 0,
        message_flags: 0,
        original_length: mq::MQOL_UNDEFINED,
    }
}

/// The text of an MQCHARV in MQOD, whose offset counts from the MQOD's beginning.
fn string(od: &Block, at: usize, behind: &[u8]) -> Option<String> {
    let (offset, length) = (od.word(at + 4), od.word(at + 12));
    if length == 0 || offset == 0 {
        return Some(String::new());
    }
    let found = behind.get(usize::try_from(offset).ok()?..)?;
    // A length of -1 says that the text ends with a NUL.
    let found = match usize::try_from(length) {
        Ok(length) => found.get(..length)?,
        Err(_) => found.split(|byte| *byte == 0).next()?,
    };
    match std::str::from_utf8(found) {
        Ok(utf8) => Some(utf8.trim_end_matches(['\0', ' ']).to_owned()),
        Err(_) => Some(text(found)),
    }
}

/// A fixed text with its NULs as blanks, as the queue manager returns it.
fn blanks<const N: usize>(bytes: [u8; N]) -> [u8; N] {
    match bytes.iter().position(|byte| *byte == 0) {
        None => bytes,
        Some(end) => {
            let named: String = bytes.iter().take(end).map(|byte| char::from(*byte)).collect();
            padded(&named)
        }
    }
}
