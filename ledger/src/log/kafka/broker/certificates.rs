//! Certificates for one cluster: an authority of its own, one for the brokers, one for a client.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::BrokerError;

const DAYS: &str = "30";

/// Files in PEM, in the cluster's folder.
#[derive(Debug, Clone)]
pub(super) struct Certificates {
    /// The authority's certificate.
    pub(super) ca: PathBuf,
    /// The brokers' key and certificate in one file, as Kafka wants them.
    pub(super) server: PathBuf,
    /// A client's certificate, signed by the same authority.
    pub(super) client: PathBuf,
    /// That client's key.
    pub(super) client_key: PathBuf,
}

/// Makes all of them in this folder.
pub(super) fn make(folder: &Path) -> Result<Certificates, BrokerError> {
    fs::create_dir(folder).map_err(BrokerError::system("the certificates' folder cannot be made"))?;
    issue(folder, "ca", "Terminbuch test authority", &[])?;
    let signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-addext", "basicConstraints=critical,CA:FALSE"];
    let names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
    issue(folder, "server", "localhost", &[&signed[..], &names].concat())?;
    issue(folder, "client", "terminbuch", &signed)?;
    let read = |name: &str| {
        fs::read_to_string(folder.join(name)).map_err(BrokerError::system("a certificate cannot be read"))
    };
    let server = folder.join("server-key-and-certificate.pem");
    let both = read("server.key")? + &read("server.pem")?;
    fs::write(&server, both).map_err(BrokerError::system("a certificate cannot be written"))?;
    Ok(Certificates {
        ca: folder.join("ca.pem"),
        server,
        client: folder.join("client.pem"),
        client_key: folder.join("client.key"),
    })
}

fn issue(folder: &Path, file: &str, name: &str, how: &[&str]) -> Result<(), BrokerError> {
    let out = Command::new("openssl")
        .current_dir(folder)
        .args(["req", "-x509", "-nodes", "-days", DAYS, "-newkey", "ec"])
        .args(["-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj"])
        .arg(format!("/CN={name}"))
        .args(["-out", &format!("{file}.pem"), "-keyout", &format!("{file}.key")])
        .args(how)
        .output()
        .map_err(BrokerError::system("openssl cannot be started (run .ci/setup)"))?;
    if out.status.success() {
        return Ok(());
    }
    Err(BrokerError::Certificates(String::from_utf8_lossy(&out.stderr).into_owned()))
}
