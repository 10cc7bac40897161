//! The hostile suite: every header, token and event that the tests know to be bad, through the whole authorizer, the
//! local gateway and the Lambda's program. No panic, no allow, and no piece of a token in anything that is said.
//!
//! | file | what is in it |
//! |---|---|
//! | `headers` | values of `Authorization` |
//! | `tokens` | bearer tokens: forgeries, and strangers' |
//! | `events` | documents where an event or a part of one belongs, and routes that were never granted |
//! | `corpus` | all of them as events, and what must not be said of each |
//! | `decided` | through `decide`, with the line of the log |
//! | `over_http` | through the local gateway, as bytes on a connection |
//! | `by_the_lambda` | through the Lambda's program, with all that it writes |

mod by_the_lambda;
mod corpus;
mod decided;
mod events;
mod headers;
mod over_http;
mod tokens;
