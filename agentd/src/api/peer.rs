//! Who is calling: the user at the other end of the socket, as the kernel says.

use proto::reason::{Failure, Reason};
use tonic::transport::server::UdsConnectInfo;
use tonic::{Request, Status};

use crate::domain::approval::Principal;

/// Refuses every caller but this daemon's user. The socket's mode keeps others out already; this holds where the mode was
/// changed (R23 of the threat model).
pub fn only_own_user(request: Request<()>) -> Result<Request<()>, Status> {
    let own = rustix::process::geteuid().as_raw();
    match principal(&request) {
        Some(who) if who.uid == own => Ok(request),
        _ => Err(Failure::new(Reason::NotYourDaemon, "this agentd belongs to another user")
            .hinted("start your own: agentctl does so by itself when AGENTD_SOCKET is not set")
            .into()),
    }
}

/// The peer of a request; `None` where the kernel did not say.
pub(super) fn principal<T>(request: &Request<T>) -> Option<Principal> {
    let credentials = request.extensions().get::<UdsConnectInfo>()?.peer_cred?;
    Some(Principal { uid: credentials.uid(), pid: credentials.pid() })
}
