//! What API Gateway says and hears: the event, the ARN in it, and the answer.
//!
//! Pure: JSON text in, JSON text out.

pub mod answer;
pub mod arn;
pub mod context;
pub mod event;
pub mod response;
