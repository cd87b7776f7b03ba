//! Who the client says it is: USERID_DATA, which every client sends, and CONAUTH_INFO, from those that pass a user and a
//! password by MQCSP.

use libmqm_sys as mq;

use super::wire::{Broken, Reader, status, text};
use crate::verbs::Secret;

/// `MQCSP_AUTH_USER_ID_AND_PWD`.
const BY_PASSWORD: i32 = mq::MQCSP_AUTH_USER_ID_AND_PWD;
/// The longest user and the longest password, in bytes; MQCSP's own limit is 1,024 and 256.
const USER_BYTES_MAX: usize = 1_024;

/// What the client has said of itself.
#[derive(Debug, Default)]
pub(crate) struct Login {
    /// Whose password is stated; empty without one.
    pub(crate) user: String,
    pub(crate) password: Secret,
    /// Under which user the client's process runs.
    pub(crate) process_user: String,
}

impl Login {
    /// USERID_DATA: `UID `, short user 12, password 12, and since level 5 the user in full 64. Clients in compatibility mode
    /// pass their password here, and spell the user rightly only in full.
    pub(crate) fn read_user(&mut self, body: &[u8]) -> Result<(), Broken> {
        let mut reader = Reader::new(body, super::wire::Order::Big);
        if reader.take(4)? != b"UID " {
            return Err(reader.broken(status::IDENTIFIER, "the eyecatcher of the user"));
        }
        let short = reader.text(12)?;
        let password = reader.text(12)?;
        let long = reader.text(64).unwrap_or_default();
        let user = if long.is_empty() { short } else { long };
        if !password.is_empty() && self.user.is_empty() {
            (self.user, self.password) = (user.clone(), Secret(password));
        }
        self.process_user = user;
        Ok(())
    }

    /// CONAUTH_INFO: `CAUT`, type, two maximum lengths, two lengths, user, password; above level 16 two words more before
    /// the user, which devqm's levels do not have.
    pub(crate) fn read_credentials(&mut self, mut reader: Reader<'_>) -> Result<(), Broken> {
        if reader.take(4)? != b"CAUT" {
            return Err(reader.broken(status::IDENTIFIER, "the eyecatcher of the credentials"));
        }
        let how = reader.word()?;
        let (_, _) = (reader.word()?, reader.word()?);
        let (user_bytes, password_bytes) = (reader.count()?, reader.count()?);
        if user_bytes.max(password_bytes) > USER_BYTES_MAX {
            return Err(reader.broken(status::LENGTH, "a user and a password within their limits"));
        }
        let user = text(reader.take(user_bytes)?);
        let password = reader.take(password_bytes)?;
        if how == BY_PASSWORD {
            // A password is characters; those outside of CCSID 819 come as UTF-8.
            let password = std::str::from_utf8(password).map_or_else(|_| text(password), str::to_owned);
            (self.user, self.password) = (user, Secret(password));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::wire::{Order, padded};
    use super::*;

    fn user(short: &str, password: &str, long: &str) -> Vec<u8> {
        [&b"UID "[..], &padded::<12>(short), &padded::<12>(password), &padded::<64>(long), &[0; 40]].concat()
    }

    #[test]
    fn the_user_is_who_runs_the_client_unless_a_password_comes_with_it() {
        let mut login = Login::default();
        login.read_user(&user("someone", "", "someone")).unwrap();
        assert_eq!((login.user.as_str(), login.process_user.as_str()), ("", "someone"));
        login.read_user(&user("APP", "secret", "app")).unwrap();
        assert_eq!((login.user.as_str(), login.password.0.as_str()), ("app", "secret"));
        let mut old = Login::default();
        old.read_user(&user("APP", "secret", "")[..28]).unwrap();
        assert_eq!(old.user, "APP");
    }

    #[test]
    fn credentials_take_their_stated_lengths_and_no_more() {
        let words = [1, 1024, 256, 3, 6].map(i32::to_be_bytes).concat();
        let body = [&b"CAUT"[..], &words, b"appsecret\0\0\0"].concat();
        let mut login = Login::default();
        login.read_credentials(Reader::new(&body, Order::Big)).unwrap();
        assert_eq!((login.user.as_str(), login.password.0.as_str()), ("app", "secret"));
        for cut in 0..33 {
            assert!(login.read_credentials(Reader::new(&body[..cut], Order::Big)).is_err(), "{cut}");
        }
    }
}
