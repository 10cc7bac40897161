"""The published form of personal access tokens, written a second time from its description alone (src/token/pat.rs).

    crm_pat_  base62( 1 | tenant, 12 bytes | user, 12 bytes | 24 random bytes | HMAC-SHA-256, 10 bytes )  CRC-32
"""

import hashlib
import hmac
import secrets
import zlib

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# Digits that n bytes need; sixteen bytes are one number.
WIDTHS = [0, 2, 3, 5, 6, 7, 9, 10, 11, 13, 14, 15, 17, 18, 19, 21, 22]
PREFIX = "crm_pat_"
DOMAIN = b"edge-authorizer personal access token\0"


def issue(key: str, tenant: str, user: str) -> str:
    """A token for ids of the product's form, under that key."""
    ids = bytes.fromhex(tenant.removeprefix("biz_")) + bytes.fromhex(user.removeprefix("usr_"))
    body = bytes([1]) + ids + secrets.token_bytes(24)
    code = hmac.new(key.encode(), DOMAIN + PREFIX.encode() + body, hashlib.sha256).digest()[:10]
    text = PREFIX + base62(body + code)
    return text + digits(zlib.crc32(text.encode()), 6)


def digest(token: str) -> str:
    """What the table knows of it."""
    return hashlib.sha256(token.encode()).hexdigest()


def base62(data: bytes) -> str:
    blocks = [data[at : at + 16] for at in range(0, len(data), 16)]
    return "".join(digits(int.from_bytes(block, "big"), WIDTHS[len(block)]) for block in blocks)


def digits(number: int, width: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, 62)
        text = DIGITS[digit] + text
    return text.rjust(width, "0")
