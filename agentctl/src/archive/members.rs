//! A tar stream as a row of members, with long names resolved and every size bounded.
//!
//! The tar crate's own reader keeps a long name of any size in memory, so the stream is cut here; the crate knows the
//! fields of a header.

use std::io::{self, Read};

use super::ArchiveError;

const BLOCK_BYTES: u64 = 512;
/// The largest extension record (long name, pax header) that is read.
const EXTENSION_BYTES_MAX: u64 = 64 * 1024;

/// What a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// Something that is not unpacked, in words.
    Other(&'static str),
}

/// One member of a tar stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    /// Its name as it stands in the stream.
    pub(crate) name: Vec<u8>,
    /// What it is.
    pub(crate) kind: Kind,
    /// Permission bits, without set-id and sticky bits.
    pub(crate) mode: u32,
    /// Bytes of content.
    pub(crate) size_bytes: u64,
}

/// Reads a tar stream member by member.
pub(crate) struct Members<R> {
    stream: R,
    /// Content of the current member that is still unread.
    content_bytes: u64,
    /// What fills its last block.
    padding_bytes: u64,
}

impl<R: Read> Members<R> {
    /// The members of `stream`.
    pub(crate) fn new(stream: R) -> Self {
        Self { stream, content_bytes: 0, padding_bytes: 0 }
    }

    /// The next member; what was not read of the one before is passed over. None at the end.
    pub(crate) fn next_member(&mut self) -> Result<Option<Member>, ArchiveError> {
        let mut long_name = None;
        loop {
            self.pass_over()?;
            let Some(header) = self.header()? else { return Ok(None) };
            let malformed = |error: io::Error| ArchiveError::Malformed(error.to_string());
            let size_bytes = header.entry_size().map_err(malformed)?;
            self.content_bytes = size_bytes;
            self.padding_bytes = size_bytes.wrapping_neg() % BLOCK_BYTES;
            let kind = match header.entry_type() {
                tar::EntryType::GNULongName => {
                    let mut name = self.extension()?;
                    while name.last() == Some(&0) {
                        name.pop();
                    }
                    long_name = Some(name);
                    continue;
                }
                tar::EntryType::XHeader => {
                    long_name = pax_path(&self.extension()?)?.or(long_name);
                    continue;
                }
                tar::EntryType::GNULongLink | tar::EntryType::XGlobalHeader => {
                    self.extension()?;
                    continue;
                }
                tar::EntryType::Regular | tar::EntryType::Continuous => Kind::File,
                tar::EntryType::Directory => Kind::Directory,
                tar::EntryType::Symlink => Kind::Other("a symbolic link"),
                tar::EntryType::Link => Kind::Other("a hard link"),
                tar::EntryType::Char | tar::EntryType::Block => Kind::Other("a device"),
                tar::EntryType::Fifo => Kind::Other("a named pipe"),
                tar::EntryType::GNUSparse => {
                    return Err(ArchiveError::Malformed("it holds a sparse file".to_owned()));
                }
                _ => Kind::Other("of an unknown type"),
            };
            return Ok(Some(Member {
                name: long_name.unwrap_or_else(|| header.path_bytes().into_owned()),
                kind,
                mode: header.mode().map_err(malformed)? & 0o777,
                size_bytes,
            }));
        }
    }

    /// The content of the current member.
    pub(crate) fn content(&mut self) -> Content<'_, R> {
        Content(self)
    }

    /// The next header; None at the two zero blocks, or at the end of the stream between members.
    fn header(&mut self) -> Result<Option<tar::Header>, ArchiveError> {
        let mut header = tar::Header::new_old();
        let block = header.as_mut_bytes();
        let mut filled = 0;
        while filled < block.len() {
            match self.stream.read(&mut block[filled..]) {
                Ok(0) if filled == 0 => return Ok(None),
                Ok(0) => return Err(ArchiveError::Stream(io::ErrorKind::UnexpectedEof.into())),
                Ok(n) => filled += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(ArchiveError::Stream(error)),
            }
        }
        if block.iter().all(|&byte| byte == 0) {
            return Ok(None);
        }
        let mut summed = header.clone();
        summed.set_cksum();
        if header.cksum().ok() != summed.cksum().ok() {
            return Err(ArchiveError::Malformed("a header's checksum is wrong".to_owned()));
        }
        Ok(Some(header))
    }

    /// The whole content of an extension record.
    fn extension(&mut self) -> Result<Vec<u8>, ArchiveError> {
        if self.content_bytes > EXTENSION_BYTES_MAX {
            return Err(ArchiveError::Malformed("an extension record is too large".to_owned()));
        }
        let mut record = Vec::new();
        self.content().read_to_end(&mut record).map_err(ArchiveError::Stream)?;
        Ok(record)
    }

    fn pass_over(&mut self) -> Result<(), ArchiveError> {
        let rest = self.content_bytes.saturating_add(self.padding_bytes);
        let passed = io::copy(&mut (&mut self.stream).take(rest), &mut io::sink()).map_err(ArchiveError::Stream)?;
        (self.content_bytes, self.padding_bytes) = (0, 0);
        if passed < rest {
            return Err(ArchiveError::Stream(io::ErrorKind::UnexpectedEof.into()));
        }
        Ok(())
    }
}

/// The content of one member. A stream that ends within it is an error, not an end.
pub(crate) struct Content<'a, R>(&'a mut Members<R>);

impl<R: Read> Read for Content<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let want = usize::try_from(self.0.content_bytes).unwrap_or(usize::MAX).min(buffer.len());
        if want == 0 {
            return Ok(0);
        }
        let got = self.0.stream.read(&mut buffer[..want])?;
        if got == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.0.content_bytes -= got as u64;
        Ok(got)
    }
}

/// The path of a pax record, if it gives one. A size given there would make two readers of one stream see different
/// members, so it is refused.
fn pax_path(record: &[u8]) -> Result<Option<Vec<u8>>, ArchiveError> {
    let mut path = None;
    for extension in tar::PaxExtensions::new(record) {
        let extension = extension.map_err(|error| ArchiveError::Malformed(error.to_string()))?;
        match extension.key_bytes() {
            b"path" => path = Some(extension.value_bytes().to_vec()),
            b"size" => return Err(ArchiveError::Malformed("a pax record changes the size of an entry".to_owned())),
            _ => {}
        }
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, content: &[u8]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o4755);
        builder.append_data(&mut header, name, content).unwrap();
        builder.into_inner().unwrap()
    }

    #[test]
    fn long_names_of_both_kinds_are_resolved() {
        let long = "d/".repeat(90) + "name";
        let mut gnu = &file(&long, b"content")[..];
        let mut members = Members::new(&mut gnu);
        let member = members.next_member().unwrap().unwrap();
        assert_eq!((member.name.as_slice(), member.mode, member.size_bytes), (long.as_bytes(), 0o755, 7));
        let mut content = Vec::new();
        members.content().read_to_end(&mut content).unwrap();
        assert_eq!(content, b"content");
        assert_eq!(members.next_member().unwrap(), None);

        let mut builder = tar::Builder::new(Vec::new());
        builder.append_pax_extensions([("path", long.as_bytes())]).unwrap();
        let pax = [builder.into_inner().unwrap()[..1024].to_vec(), file("short", b"x")].concat();
        assert_eq!(Members::new(&pax[..]).next_member().unwrap().unwrap().name, long.as_bytes());
    }

    #[test]
    fn unread_content_is_passed_over() {
        let two = [file("a", &[7; 1000])[..1536].to_vec(), file("b", b"")].concat();
        let mut members = Members::new(&two[..]);
        assert_eq!(members.next_member().unwrap().unwrap().name, b"a");
        assert_eq!(members.next_member().unwrap().unwrap().name, b"b");
    }

    #[test]
    fn a_cut_stream_is_an_error_at_every_byte_within_a_member() {
        let whole = file("a", &[7; 700]);
        for cut in 1..512 + 1024 {
            let mut members = Members::new(&whole[..cut]);
            let read = members.next_member().and_then(|member| {
                assert!(member.is_some());
                members.next_member()
            });
            assert!(matches!(read, Err(ArchiveError::Stream(_))), "cut at {cut}");
        }
    }

    #[test]
    fn malformed_and_oversized_headers_are_refused() {
        assert!(Members::new(&[1u8; 512][..]).next_member().is_err());
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::GNULongName);
        header.set_size(1 << 40);
        header.set_cksum();
        let error = Members::new(&header.as_bytes()[..]).next_member().unwrap_err();
        assert!(error.to_string().contains("too large"), "{error}");

        let mut builder = tar::Builder::new(Vec::new());
        builder.append_pax_extensions([("size", &b"1"[..])]).unwrap();
        let stream = [builder.into_inner().unwrap()[..1024].to_vec(), file("a", b"xyz")].concat();
        assert!(Members::new(&stream[..]).next_member().is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_end_in_an_answer(stream in proptest::collection::vec(proptest::num::u8::ANY, 0..4096)) {
            let mut members = Members::new(&stream[..]);
            while let Ok(Some(_)) = members.next_member() {}
        }
    }
}
