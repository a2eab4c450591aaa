"""The key pair that signs the broker's answers about who may connect (NATS nkeys, ed25519)."""

import secrets

import nkeys


def new_account_seed() -> str:
    """A new random account key, as its seed; secret."""
    return bytes(nkeys.encode_seed(secrets.token_bytes(32), nkeys.PREFIX_BYTE_ACCOUNT)).decode()


def public_key(seed: str) -> str:
    """The public key of this seed, for the broker's configuration."""
    public = nkeys.from_seed(seed.encode()).public_key
    return public.decode() if isinstance(public, bytes) else str(public)
