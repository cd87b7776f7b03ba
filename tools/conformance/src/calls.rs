//! The MQ client library, and its calls without pointers. The only file with `unsafe`; it decides nothing.

use std::ffi::c_void;
use std::path::Path;
use std::ptr;

use libloading::os::unix;
use libmqm_default as initial;
use libmqm_sys as mq;
use mq::{MQCHAR, MQHCONN, MQHMSG, MQHOBJ, MQLONG};

use crate::program::Target;

/// Completion and reason.
pub(crate) type Codes = (i32, i32);

type Code = *mut MQLONG;

macro_rules! calls {
    ($($field:ident: $symbol:literal = fn($($argument:ty),*);)*) => {
        /// The entry points that claims are asked through.
        #[derive(Debug, Clone, Copy)]
        pub(crate) struct Mqi {
            $($field: unsafe extern "C" fn($($argument),*),)*
        }

        impl Mqi {
            fn find(library: &libloading::Library) -> Result<Self, &'static str> {
                Ok(Self {
                    $($field: {
                        // SAFETY: the symbol, where an MQ client library has it, has the signature that cmqc.h declares.
                        let symbol = unsafe { library.get::<unsafe extern "C" fn($($argument),*)>($symbol) };
                        *symbol.map_err(|_| $symbol)?
                    },)*
                })
            }
        }
    };
}

calls! {
    connx: "MQCONNX" = fn(*mut MQCHAR, *mut mq::MQCNO, *mut MQHCONN, Code, Code);
    disc: "MQDISC" = fn(*mut MQHCONN, Code, Code);
    open: "MQOPEN" = fn(MQHCONN, *mut c_void, MQLONG, *mut MQHOBJ, Code, Code);
    close: "MQCLOSE" = fn(MQHCONN, *mut MQHOBJ, MQLONG, Code, Code);
    get: "MQGET" = fn(MQHCONN, MQHOBJ, *mut c_void, *mut c_void, MQLONG, *mut c_void, *mut MQLONG, Code, Code);
    put: "MQPUT" = fn(MQHCONN, MQHOBJ, *mut c_void, *mut c_void, MQLONG, *mut c_void, Code, Code);
    put1: "MQPUT1" = fn(MQHCONN, *mut c_void, *mut c_void, *mut c_void, MQLONG, *mut c_void, Code, Code);
    cmit: "MQCMIT" = fn(MQHCONN, Code, Code);
    back: "MQBACK" = fn(MQHCONN, Code, Code);
    inq: "MQINQ" = fn(MQHCONN, MQHOBJ, MQLONG, *mut MQLONG, MQLONG, *mut MQLONG, MQLONG, *mut MQCHAR, Code, Code);
    set: "MQSET" = fn(MQHCONN, MQHOBJ, MQLONG, *mut MQLONG, MQLONG, *mut MQLONG, MQLONG, *mut MQCHAR, Code, Code);
    crtmh: "MQCRTMH" = fn(MQHCONN, *mut c_void, *mut MQHMSG, Code, Code);
    setmp: "MQSETMP" =
        fn(MQHCONN, MQHMSG, *mut c_void, *mut c_void, *mut c_void, MQLONG, MQLONG, *mut c_void, Code, Code);
    inqmp: "MQINQMP" = fn(
        MQHCONN, MQHMSG, *mut c_void, *mut c_void, *mut c_void, *mut MQLONG, MQLONG, *mut c_void, *mut MQLONG, Code, Code
    );
}

/// The two codes of a call; a library that forgets to write them must not look like success.
struct Written(MQLONG, MQLONG);

impl Written {
    fn new() -> Self {
        Self(mq::MQCC_FAILED, mq::MQRC_UNEXPECTED_ERROR)
    }
}

/// What MQGET returns beside its codes.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) codes: Codes,
    /// `DataLength`: the whole length.
    pub(crate) data_bytes: usize,
    /// What stands in the buffer.
    pub(crate) body: Vec<u8>,
}

impl Mqi {
    /// Loads the library; it stays loaded.
    pub(crate) fn load(path: Option<&Path>) -> Result<Self, String> {
        let path = path.unwrap_or(Path::new("libmqm_r.so"));
        // SAFETY: loading runs the library's initialisers; whoever runs this program names the library and trusts it.
        let library = unsafe { unix::Library::open(Some(path), unix::RTLD_NOW | unix::RTLD_LOCAL) };
        let library = libloading::Library::from(library.map_err(|error| error.to_string())?);
        let mqi = Self::find(&library).map_err(|symbol| format!("{}: no symbol {symbol}", path.display()))?;
        // IBM's client cannot be unloaded.
        std::mem::forget(library);
        Ok(mqi)
    }

    /// MQCONNX to a target, by another channel or queue manager name where these are stated.
    pub(crate) fn connect(
        &self,
        target: &Target,
        channel: Option<&str>,
        name: Option<&str>,
    ) -> (MQHCONN, Codes) {
        let (mut user, mut password) =
            (target.user.clone().into_bytes(), target.password.clone().into_bytes());
        let mut security = mq::MQCSP {
            AuthenticationType: mq::MQCSP_AUTH_USER_ID_AND_PWD,
            CSPUserIdPtr: user.as_mut_ptr().cast(),
            CSPUserIdLength: length(user.len()),
            CSPPasswordPtr: password.as_mut_ptr().cast(),
            CSPPasswordLength: length(password.len()),
            ..initial::MQCSP_DEFAULT
        };
        let mut definition = target.endpoint.as_ref().map(|(own, address)| mq::MQCD {
            Version: mq::MQCD_VERSION_11,
            StrucLength: length(mq::MQCD_LENGTH_11),
            ChannelName: field(channel.unwrap_or(own)),
            ConnectionName: field(address),
            MaxMsgLength: 104_857_600,
            ..initial::MQCD_CLIENT_CONN_DEFAULT
        });
        let mut options = mq::MQCNO {
            Version: mq::MQCNO_VERSION_5,
            Options: mq::MQCNO_CLIENT_BINDING | mq::MQCNO_RECONNECT_DISABLED | mq::MQCNO_HANDLE_SHARE_NONE,
            ..initial::MQCNO_DEFAULT
        };
        if let Some(definition) = &mut definition {
            options.ClientConnPtr = ptr::from_mut(definition).cast();
        }
        if !target.user.is_empty() {
            options.SecurityParmsPtr = &raw mut security;
        }
        let mut name: [MQCHAR; 48] = field(name.unwrap_or(&target.queue_manager));
        let (mut handle, mut written) = (mq::MQHC_UNUSABLE_HCONN, Written::new());
        let Written(completion, reason) = &mut written;
        // SAFETY: all that MQCNO points to lives in this function, beyond the call.
        unsafe { (self.connx)(name.as_mut_ptr(), &raw mut options, &raw mut handle, completion, reason) };
        (handle, (written.0, written.1))
    }

    /// MQDISC, which commits.
    pub(crate) fn disconnect(&self, mut connection: MQHCONN) -> Codes {
        let Written(mut completion, mut reason) = Written::new();
        // SAFETY: handle and codes are live.
        unsafe { (self.disc)(&raw mut connection, &raw mut completion, &raw mut reason) };
        (completion, reason)
    }

    /// MQOPEN.
    pub(crate) fn open(&self, connection: MQHCONN, object: &mut mq::MQOD, options: i32) -> (MQHOBJ, Codes) {
        let mut handle = mq::MQHO_UNUSABLE_HOBJ;
        let Written(mut completion, mut reason) = Written::new();
        // SAFETY: MQOD is whole, of the version that it states; the rest is live.
        unsafe {
            (self.open)(
                connection,
                at(object),
                options,
                &raw mut handle,
                &raw mut completion,
                &raw mut reason,
            );
        };
        (handle, (completion, reason))
    }

    /// MQCLOSE.
    pub(crate) fn close(&self, connection: MQHCONN, mut object: MQHOBJ, options: i32) -> Codes {
        let Written(mut completion, mut reason) = Written::new();
        // SAFETY: handle and codes are live.
        unsafe { (self.close)(connection, &raw mut object, options, &raw mut completion, &raw mut reason) };
        (completion, reason)
    }

    /// MQPUT.
    pub(crate) fn put(
        &self,
        connection: MQHCONN,
        object: MQHOBJ,
        descriptor: &mut mq::MQMD2,
        options: &mut mq::MQPMO,
        body: &[u8],
    ) -> Codes {
        let Written(mut completion, mut reason) = Written::new();
        let (bytes, body) = (length(body.len()), body.as_ptr().cast_mut().cast());
        let (completion_at, reason_at) = (&raw mut completion, &raw mut reason);
        // SAFETY: structures are whole, of the versions that they state; the MQI only reads the body.
        unsafe {
            (self.put)(
                connection,
                object,
                at(descriptor),
                at(options),
                bytes,
                body,
                completion_at,
                reason_at,
            );
        };
        (completion, reason)
    }

    /// MQPUT1.
    pub(crate) fn put1(
        &self,
        connection: MQHCONN,
        object: &mut mq::MQOD,
        descriptor: &mut mq::MQMD2,
        options: &mut mq::MQPMO,
        body: &[u8],
    ) -> Codes {
        let Written(mut completion, mut reason) = Written::new();
        let (bytes, body) = (length(body.len()), body.as_ptr().cast_mut().cast());
        let (completion_at, reason_at) = (&raw mut completion, &raw mut reason);
        // SAFETY: as for MQPUT, and MQOD as for MQOPEN.
        unsafe {
            (self.put1)(
                connection,
                at(object),
                at(descriptor),
                at(options),
                bytes,
                body,
                completion_at,
                reason_at,
            );
        };
        (completion, reason)
    }

    /// MQGET into a buffer of so many bytes.
    pub(crate) fn get(
        &self,
        connection: MQHCONN,
        object: MQHOBJ,
        descriptor: &mut mq::MQMD2,
        options: &mut mq::MQGMO,
        room: usize,
    ) -> Got {
        let (mut buffer, mut data_length) = (vec![0_u8; room], 0);
        let Written(mut completion, mut reason) = Written::new();
        let into = buffer.as_mut_ptr().cast();
        let (completion_at, reason_at) = (&raw mut completion, &raw mut reason);
        // SAFETY: structures as for MQPUT; the library writes at most `room` bytes to the buffer, which is ours.
        unsafe {
            (self.get)(
                connection,
                object,
                at(descriptor),
                at(options),
                length(room),
                into,
                &raw mut data_length,
                completion_at,
                reason_at,
            );
        };
        let data_bytes = usize::try_from(data_length).unwrap_or(0);
        buffer.truncate(if completion == mq::MQCC_FAILED { 0 } else { data_bytes });
        Got { codes: (completion, reason), data_bytes, body: buffer }
    }

    /// MQCMIT.
    pub(crate) fn commit(&self, connection: MQHCONN) -> Codes {
        let Written(mut completion, mut reason) = Written::new();
        // SAFETY: the codes are live.
        unsafe { (self.cmit)(connection, &raw mut completion, &raw mut reason) };
        (completion, reason)
    }

    /// MQBACK.
    pub(crate) fn back_out(&self, connection: MQHCONN) -> Codes {
        let Written(mut completion, mut reason) = Written::new();
        // SAFETY: the codes are live.
        unsafe { (self.back)(connection, &raw mut completion, &raw mut reason) };
        (completion, reason)
    }

    /// MQINQ with room for so many integers and characters.
    pub(crate) fn inquire(
        &self,
        connection: MQHCONN,
        object: MQHOBJ,
        selectors: &[i32],
        [integer_room, character_room]: [usize; 2],
    ) -> (Codes, Vec<i32>, String) {
        let mut selectors = selectors.to_vec();
        let (mut integers, mut characters) = (vec![0; integer_room], vec![b' ' as MQCHAR; character_room]);
        let Written(mut completion, mut reason) = Written::new();
        let (completion_at, reason_at) = (&raw mut completion, &raw mut reason);
        // SAFETY: every array has the length that is passed with it.
        unsafe {
            (self.inq)(
                connection,
                object,
                length(selectors.len()),
                selectors.as_mut_ptr(),
                length(integer_room),
                integers.as_mut_ptr(),
                length(character_room),
                characters.as_mut_ptr(),
                completion_at,
                reason_at,
            );
        };
        let characters = characters.iter().map(|character| char::from(*character as u8)).collect();
        ((completion, reason), integers, characters)
    }

    /// MQSET of one integer attribute.
    pub(crate) fn set(
        &self,
        connection: MQHCONN,
        object: MQHOBJ,
        mut selector: i32,
        mut value: i32,
    ) -> Codes {
        let Written(mut completion, mut reason) = Written::new();
        let (selector_at, value_at) = (&raw mut selector, &raw mut value);
        let (completion_at, reason_at) = (&raw mut completion, &raw mut reason);
        // SAFETY: one selector, one integer and no character, as the counts say.
        unsafe {
            (self.set)(
                connection,
                object,
                1,
                selector_at,
                1,
                value_at,
                0,
                ptr::null_mut(),
                completion_at,
                reason_at,
            );
        };
        (completion, reason)
    }

    /// MQCRTMH.
    pub(crate) fn message_handle(&self, connection: MQHCONN) -> (MQHMSG, Codes) {
        let (mut options, mut handle) = (initial::MQCMHO_DEFAULT, mq::MQHM_UNUSABLE_HMSG);
        let Written(mut completion, mut reason) = Written::new();
        // SAFETY: the structure is whole; handle and codes are live.
        unsafe {
            (self.crtmh)(connection, at(&mut options), &raw mut handle, &raw mut completion, &raw mut reason);
        };
        (handle, (completion, reason))
    }

    /// MQSETMP of a text.
    pub(crate) fn set_property(
        &self,
        connection: MQHCONN,
        message: MQHMSG,
        name: &str,
        value: &str,
    ) -> Codes {
        let (mut options, mut description) = (initial::MQSMPO_DEFAULT, initial::MQPD_DEFAULT);
        let mut name_bytes = name.as_bytes().to_vec();
        let mut name = charv(&mut name_bytes);
        let (bytes, value) = (length(value.len()), value.as_ptr().cast_mut().cast());
        let Written(mut completion, mut reason) = Written::new();
        let (completion_at, reason_at) = (&raw mut completion, &raw mut reason);
        let (options, name, description) = (at(&mut options), at(&mut name), at(&mut description));
        // SAFETY: structures are whole, what they point to lives beyond the call, and the MQI only reads the value.
        unsafe {
            (self.setmp)(
                connection,
                message,
                options,
                name,
                description,
                mq::MQTYPE_STRING,
                bytes,
                value,
                completion_at,
                reason_at,
            );
        };
        (completion, reason)
    }

    /// MQINQMP of a text of at most so many bytes.
    pub(crate) fn property(
        &self,
        connection: MQHCONN,
        message: MQHMSG,
        name: &str,
        room: usize,
    ) -> (Codes, usize, String) {
        let (mut options, mut description) = (initial::MQIMPO_DEFAULT, initial::MQPD_DEFAULT);
        options.Options = mq::MQIMPO_INQ_FIRST;
        let mut name_bytes = name.as_bytes().to_vec();
        let mut name = charv(&mut name_bytes);
        let (mut kind, mut data_length, mut value) = (mq::MQTYPE_AS_SET, 0, vec![0_u8; room]);
        let Written(mut completion, mut reason) = Written::new();
        let (completion_at, reason_at) = (&raw mut completion, &raw mut reason);
        let (options, name, description) = (at(&mut options), at(&mut name), at(&mut description));
        let (kind_at, data_length_at, into) =
            (&raw mut kind, &raw mut data_length, value.as_mut_ptr().cast());
        // SAFETY: as for MQSETMP; the library writes at most `room` bytes to the buffer.
        unsafe {
            (self.inqmp)(
                connection,
                message,
                options,
                name,
                description,
                kind_at,
                length(room),
                into,
                data_length_at,
                completion_at,
                reason_at,
            );
        };
        let bytes = usize::try_from(data_length).unwrap_or(0);
        value.truncate(bytes);
        ((completion, reason), bytes, value.iter().map(|byte| char::from(*byte)).collect())
    }
}

/// A character field, blank padded.
pub(crate) fn field<const N: usize>(text: &str) -> [MQCHAR; N] {
    let mut field = [b' ' as MQCHAR; N];
    for (to, from) in field.iter_mut().zip(text.bytes()) {
        *to = from as MQCHAR;
    }
    field
}

/// What stands in a character field, without the blanks that fill it up.
pub(crate) fn text(field: &[MQCHAR]) -> String {
    let text: String = field.iter().map(|character| char::from(*character as u8)).collect();
    text.trim_end_matches([' ', '\0']).to_owned()
}

fn charv(name: &mut [u8]) -> mq::MQCHARV {
    mq::MQCHARV {
        VSPtr: name.as_mut_ptr().cast(),
        VSLength: length(name.len()),
        VSCCSID: 1208,
        ..initial::MQCHARV_DEFAULT
    }
}

fn at<T>(structure: &mut T) -> *mut c_void {
    ptr::from_mut(structure).cast()
}

fn length(bytes: usize) -> MQLONG {
    MQLONG::try_from(bytes).unwrap_or(MQLONG::MAX)
}
