//! Every hostile event by the Lambda's own program, and all that it and its libraries write.

use std::time::SystemTime;

use serde_json::Value;

use super::corpus::{Hostile, corpus, good_access_token, world};
use crate::events::shape::{Call, FORMS};
use crate::lambda::{Ended, Lambda};
use crate::vectors::vectors;

/// Of what is much alike, one in so many is enough for a process of its own.
const ONE_IN: usize = 5;

#[tokio::test]
async fn the_lambda_answers_everything_hostile_with_an_error_and_says_nothing_of_it() {
    let world = world().await;
    #[expect(clippy::disallowed_methods, reason = "the program that is run reads the real clock")]
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let corpus: Vec<Hostile> = corpus(&world, now, vectors().as_ref()).into_iter().step_by(ONE_IN).collect();
    let lambda = Lambda::start("hostile", &world.store.url()).await;
    for hostile in &corpus {
        match lambda.invoke(&hostile.event).await {
            // Only what is granted otherwise gets a policy, and `decided` judges that.
            Ended::Response(answer) => hostile.assert_unsaid(&answer),
            Ended::Error(error) => {
                hostile.assert_unsaid(&error);
                let error: Value = serde_json::from_str(&error).unwrap();
                let message = error["errorMessage"].as_str().unwrap();
                // What is no JSON, the runtime itself cannot read: a fault too.
                let is_json = serde_json::from_slice::<Value>(&hostile.event).is_ok();
                assert!(message == "Unauthorized" || message.starts_with("fault: ") || !is_json, "{message}");
            }
        }
    }
    // It lives, and decides as ever.
    let good = Call::with_token(&good_access_token(&world, now)).event(FORMS[0].0).to_string();
    assert!(matches!(lambda.invoke(good).await, Ended::Response(_)));
    let written = lambda.stop();
    assert_eq!(written.stderr, "", "what the libraries have to say");
    let lines: Vec<&str> = written.stdout.lines().collect();
    assert_eq!(lines.len(), corpus.len() + 1, "one line an event");
    for (line, hostile) in lines.iter().zip(&corpus) {
        assert!(!line.contains(r#""outcome":"allow""#), "{line}");
        hostile.assert_unsaid(line);
    }
}
