//! Values of `Authorization` that are not one good bearer token, though a good one is in many of them.

/// Hostile values; `GOOD` stands for a token that would be let through.
const VALUES: [&str; 58] = [
    "",
    " ",
    "GOOD",
    "Bearer",
    "Bearer ",
    "BearerGOOD",
    "Bearer:GOOD",
    "Bearer: GOOD",
    "Bearer=GOOD",
    "Bearer\tGOOD",
    "Bearer\nGOOD",
    "Bearer\r\nGOOD",
    "Bearer\u{a0}GOOD",
    "Bearer\u{2003}GOOD",
    "Bearer \u{feff}GOOD",
    "Bearer GOOD\u{200b}",
    "Bearer GOOD\u{0}",
    "\u{0}Bearer GOOD",
    "Bearer \u{0}GOOD",
    "Bearer GOOD\r\nX-Other: 1",
    "Bearer GOOD\nAuthorization: Bearer GOOD",
    "x\r\nAuthorization: Bearer GOOD",
    "\u{ff22}earer GOOD",
    "Вearer GOOD",
    " Bearer GOOD",
    "\"Bearer GOOD\"",
    "Bearer \"GOOD\"",
    "Bearer 'GOOD'",
    "Bearer <GOOD>",
    "Bearer {GOOD}",
    "Bearer token=GOOD",
    "Bearer token68=\"GOOD\"",
    "Bearer GOOD GOOD",
    "Bearer GOOD,GOOD",
    "Bearer GOOD, Bearer GOOD",
    "Bearer GOOD,",
    "Bearer ,GOOD",
    "Bearer GOOD;",
    "Bearer GOOD.",
    "Bearer .GOOD",
    "Bearer GOOD=",
    "Bearer =GOOD",
    "Bearer GOOD/",
    "Bearer GOODGOOD",
    "Bearer GOOD%00",
    "Bearer %20GOOD",
    "Bearer Bearer GOOD",
    "Basic GOOD",
    "Digest username=\"GOOD\"",
    "DPoP GOOD",
    "MAC GOOD",
    "Negotiate GOOD",
    "Token GOOD",
    "Bear GOOD",
    "Bearers GOOD",
    "AWS4-HMAC-SHA256 Credential=GOOD",
    "Bearer null",
    "Bearer undefined",
];

/// Every value, and what follows from the good token by a small change.
pub(super) fn values(good: &str) -> Vec<String> {
    let mut values: Vec<String> = VALUES.iter().map(|value| value.replace("GOOD", good)).collect();
    let reversed: String = good.chars().rev().collect();
    let spaced: String = good.chars().flat_map(|letter| [letter, ' ']).collect();
    // A letter that every kind of token has in the part that is the same each time.
    let fullwidth = good.replace('c', "\u{ff43}");
    for changed in [good.to_lowercase(), good.to_uppercase(), reversed, spaced, fullwidth, "a".repeat(5000)] {
        values.push(format!("Bearer {changed}"));
    }
    // Cut anywhere, at either end.
    for place in (1..good.len()).step_by(7) {
        let (front, back) = good.split_at(place);
        values.extend([format!("Bearer {front}"), format!("Bearer {back}")]);
    }
    values
}
