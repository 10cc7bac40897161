//! Everything on one machine: the embedded DynamoDB, the demonstration data, and a gateway that behaves as a REST
//! API's stage with this authorizer attached.
//!
//! Nothing here is a mock of the product: the store speaks the real protocol to the real SDK, and the gateway calls
//! the very [`Authorizer::decide`](crate::authorize::Authorizer::decide) that the Lambda calls. All of it listens on
//! loopback and nowhere else.

pub mod auth;
pub mod demo;
pub mod example;
pub mod fill;
pub mod gateway;
pub mod installation;
pub mod issuer;
pub mod state;
pub mod store;
