#!/usr/bin/env python3
"""Checks the signatures of a report's answers, as docs/report.md describes them: with Python's hashlib and OpenSSL alone.

    python3 batch_signature.py report.json

Prints how many answers hold and how many of them share a signature. Exit code 1 names the first that does not.
"""
import base64
import hashlib
import json
import os
import subprocess
import sys
import tempfile

STATEMENT = b'application/vnd.confer.statement.v1+json'
BATCH = b'application/vnd.confer.batch.v1+json'


def canonical(value):
    # RFC 8785, for what statements are made of: strings and integers.
    return json.dumps(value, sort_keys=True, separators=(',', ':'), ensure_ascii=False).encode()


def encoded(kind, body):
    return b'DSSEv1 %d %s %d %s' % (len(kind), kind, len(body), body)


def root_of(leaf, index, size, path):
    """RFC 9162 section 2.1.3.2."""
    if not 0 <= index < size:
        return None
    root, place, last = leaf, index, size - 1
    for sibling in map(bytes.fromhex, path):
        if last == 0:
            return None
        if place % 2 or place == last:
            root = hashlib.sha256(b'\1' + sibling + root).digest()
            while place % 2 == 0 and place:
                place, last = place // 2, last // 2
        else:
            root = hashlib.sha256(b'\1' + root + sibling).digest()
        place, last = place // 2, last // 2
    return root if last == 0 else None


def signed_message(signed):
    statement = encoded(STATEMENT, canonical(signed['statement']))
    batch = signed.get('batch')
    if batch is None:
        return statement
    leaf = hashlib.sha256(b'\0' + statement).digest()
    root = root_of(leaf, batch['index'], batch['size'], batch['path'])
    return root and encoded(BATCH, canonical({'root': root.hex(), 'size': batch['size']}))


def is_signed(certificate, message, signature):
    if message is None:
        return False
    with tempfile.TemporaryDirectory() as directory:
        paths = [os.path.join(directory, name) for name in ('device.pem', 'key.pem', 'message', 'signature')]
        raw = base64.urlsafe_b64decode(signature + '==')
        for path, content in zip(paths, (certificate.encode(), b'', message, raw)):
            with open(path, 'wb') as file:
                file.write(content)
        pem, key, body, proof = paths
        subprocess.run(['openssl', 'x509', '-in', pem, '-pubkey', '-noout', '-out', key], check=True)
        command = ['openssl', 'pkeyutl', '-verify', '-pubin', '-inkey', key, '-rawin', '-in', body, '-sigfile', proof]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0


def main(file):
    with open(file, encoding='utf-8') as text:
        report = json.load(text)
    known = {}
    shared = 0
    for envelope in report['envelopes']:
        signed, certificate = envelope['signed'], report['certificates'][envelope['node']]
        question = (certificate, signed_message(signed), signed['signature'])
        if question not in known:
            known[question] = is_signed(*question)
        if not known[question]:
            sys.exit(f"answer {envelope['id']} of {envelope['node']} was not signed so")
        shared += 'batch' in signed
    print(f"{len(report['envelopes'])} answers, {shared} of them with others under one signature")


if __name__ == '__main__':
    main(sys.argv[1])
