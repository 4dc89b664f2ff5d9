//! Time stretching and pitch shifting.
