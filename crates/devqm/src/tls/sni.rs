//! The server name by which MQ's clients tell in the handshake which channel they mean: capitals become small letters,
//! digits stay, and every other byte is its two hexadecimal digits and a hyphen.
//!
//! Source: IBM documentation, "How IBM MQ provides multiple certificates capability".

/// What follows the channel's name.
const DOMAIN: &str = ".chl.mq.ibm.com";

/// The server name of a channel.
pub fn of_channel(channel: &str) -> String {
    let written = channel.bytes().map(|byte| match byte {
        b'A'..=b'Z' => char::from(byte.to_ascii_lowercase()).to_string(),
        b'0'..=b'9' => char::from(byte).to_string(),
        _ => format!("{byte:02x}-"),
    });
    written.chain([DOMAIN.to_owned()]).collect()
}

/// The channel of a server name; none where it names something else, a host for instance.
pub fn channel(name: &str) -> Option<String> {
    let mut rest = name.strip_suffix(DOMAIN)?;
    let mut channel = String::new();
    while let Some(first) = rest.chars().next() {
        // A capital cannot begin an escape, but `a` to `f` may: an escape is what has its hyphen in the third place.
        match rest.split_at_checked(3) {
            Some((escape, behind)) if escape.ends_with('-') => {
                let byte = u8::from_str_radix(escape.trim_end_matches('-'), 16).ok()?;
                channel.push(char::from(byte));
                rest = behind;
            }
            _ => {
                channel.push(first.to_ascii_uppercase());
                rest = rest.split_at_checked(first.len_utf8())?.1;
            }
        }
    }
    Some(channel)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_is_read_as_it_was_written() {
        for (name, written) in [
            ("TO.QMGR1", "to2e-qmgr1.chl.mq.ibm.com"),
            ("DEV.APP_2%/", "dev2e-app5f-225-2f-.chl.mq.ibm.com"),
            ("aB.AB", "61-b2e-ab.chl.mq.ibm.com"),
            ("", ".chl.mq.ibm.com"),
        ] {
            assert_eq!(of_channel(name), written);
            assert_eq!(channel(written).as_deref(), Some(name));
        }
    }

    #[test]
    fn what_names_no_channel_is_none() {
        for name in ["localhost", "", "xy-.chl.mq.ibm.com", "ü-é.chl.mq.ibm.com"] {
            assert_eq!(channel(name), None, "{name}");
        }
    }
}
