//! Where a service is, whether its key may go there, and how it is connected to.

use std::net::IpAddr;
use std::time::Duration;

use reqwest::Url;
use reqwest::blocking::Client;

use super::service::Service;
use super::{BackendError, HttpSettings, Secret};

/// Until a connection stands.
const CONNECT: Duration = Duration::from_secs(10);
/// Where a service is, if the key may go there.
pub fn place(
    service: &dyn Service,
    settings: &HttpSettings,
    key: Option<&Secret>,
) -> Result<Url, BackendError> {
    if let (true, None, Some(variable)) = (service.needs_key(), key, service.variables().first()) {
        return Err(BackendError::NoKey {
            service: service.name(),
            variable,
        });
    }
    let usual = service.address(key).and_then(|address| Url::parse(address).ok());
    let Some(address) = settings.url.clone().or(usual) else {
        return Err(BackendError::Service {
            service: service.name(),
            host: "an address that is not known".to_owned(),
            why: "there is no usual one\nhint: write [text.translate] url = \"http://127.0.0.1:5000\", for example"
                .to_owned(),
        });
    };
    if key.is_some() && address.scheme() != "https" && !is_loopback(&address) {
        return Err(BackendError::PlainKey {
            service: service.name(),
            host: address.host_str().unwrap_or_default().to_owned(),
        });
    }
    Ok(address)
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Connections to an address; none is made yet.
pub fn client(address: &Url, timeout: Duration) -> Result<Client, reqwest::Error> {
    // The one that is set already, if one is, does as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let settings = || {
        let builder = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT.min(timeout))
            // Each request is waited for so long; this one ends threads that nobody waits for any more.
            .timeout(timeout + Duration::from_secs(5))
            .referer(false);
        // What goes to this machine has no business at a proxy.
        if is_loopback(address) {
            builder.no_proxy()
        } else {
            builder
        }
    };
    // A machine without certificates trusts nobody, but can still talk to a server of its own.
    settings()
        .build()
        .or_else(|_| settings().tls_certs_only([]).build())
}
