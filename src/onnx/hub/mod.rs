//! The model hub: names, catalogue, cache and transfers.
