//! `image import`: makes an image of a root file system.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use clap::Args;
use proto::v1::ImportImageChunk;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::image;
use crate::render::progress::Progress;

/// Bytes of one message.
const CHUNK_BYTES: usize = 256 << 10;
/// Messages that wait to be sent at most.
const CHUNKS_MAX: usize = 8;

/// Make an image.
#[derive(Debug, Args)]
#[command(after_help = "\
The archive holds the files of a Linux system, such as docker export, mmdebstrap or debootstrap make it; it may be compressed.
Any will do that has a shell: agentd brings its supervisor along.

Examples:
  agentctl image import rootfs.tar.gz my-image
  mmdebstrap --variant=minbase --include=python3,git bookworm - | agentctl image import - my-image:1
  agentctl session new --image my-image:1")]
pub(crate) struct ImportArgs {
    /// The archive; - is standard input
    #[arg(value_name = "FILE|-", value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,
    /// The name that the image gets, with a tag or without
    #[arg(value_name = "NAME")]
    name: String,
}

pub(crate) async fn run(args: ImportArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let (source, size_bytes) = open(&args.file, context)?;
    let mut client = context.client().await?.images();
    let progress = context.ui.progress(size_bytes);
    let (chunks, receiver) = mpsc::channel(CHUNKS_MAX);
    let counted = progress.clone();
    // The thread ends when the file does, or when nobody takes its pieces any more.
    let reading = tokio::task::spawn_blocking(move || read(source, &args.name, &chunks, &counted));
    let imported = client.import(ReceiverStream::new(receiver)).await;
    progress.clear();
    let image = imported?.into_inner();
    reading.await.map_err(|error| CommandError::internal("the archive could not be read", &error))??;
    if context.ui.is_json() {
        context.ui.json(&image)?;
    } else {
        context.ui.out_line(&image::one(&image))?;
    }
    Ok(Exit::DONE)
}

/// The archive, with its size where that is known.
fn open(file: &Path, context: &mut Context) -> Result<(Box<dyn Read + Send>, Option<u64>), CommandError> {
    if file == Path::new("-") {
        if context.ui.input_is_terminal() {
            return Err(CommandError::usage("an archive is nothing to be typed")
                .hinted("send one: docker export CONTAINER | agentctl image import - NAME"));
        }
        return Ok((context.ui.take_input(), None));
    }
    let wrong = |error: std::io::Error| CommandError::usage(format!("{}: {error}", file.display()));
    let opened = File::open(file).map_err(wrong)?;
    let metadata = opened.metadata().map_err(wrong)?;
    if metadata.is_dir() {
        return Err(CommandError::usage(format!("{} is a directory, not an archive", file.display()))
            .hinted(format!("tar -C {} -c . | agentctl image import - NAME", file.display())));
    }
    Ok((Box::new(opened), Some(metadata.len()).filter(|_| metadata.is_file())))
}

fn read(
    mut source: Box<dyn Read + Send>,
    name: &str,
    chunks: &mpsc::Sender<ImportImageChunk>,
    progress: &Progress,
) -> Result<(), CommandError> {
    let mut first = Some(name.to_owned());
    let mut buffer = vec![0; CHUNK_BYTES];
    loop {
        let length = match source.read(&mut buffer) {
            Ok(length) => length,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(CommandError::usage(format!("the archive cannot be read: {error}"))),
        };
        // An empty archive is named, too, so that the daemon says what is wrong with it.
        if length == 0 && first.is_none() {
            return Ok(());
        }
        let data = Bytes::copy_from_slice(&buffer[..length]);
        let chunk = ImportImageChunk { image: first.take().unwrap_or_default(), data };
        progress.add(length as u64);
        if chunks.blocking_send(chunk).is_err() {
            return Ok(());
        }
    }
}
