/**
 * Four programs are stood in for, first on the path of every shell: `scp` (copies into the other machine), `systemctl`
 * and `journalctl` (systemd is not the first process here; the harness starts what the unit says), and `npm ci` (the
 * checkout has been installed, or this test would not run).
 */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const standIns = {
  scp: `umask 022
recursive=
if [ "$1" = -r ]; then recursive=-r; shift; fi
for target; do :; done
address=\${target#root@[}
address=\${address%%]:*}
path=\${target#*]:}
ping -6 -c 1 -W 5 "$address" >/dev/null
while [ $# -gt 1 ]; do
  cp $recursive "$1" "/proc/$(cat "/run/stand-ins/$address.pid")/root$path"
  shift
done
`,
  systemctl: 'echo "$*" >> /run/out/systemctl.log\n',
  journalctl: '[ "$*" = "-u confer-agent.service -o cat" ]\ncat /run/out/journal.log\n',
  npm: `PATH=\${PATH#/run/stand-ins:}
if [ "$*" = ci ]; then [ -x node_modules/.bin/node ] && [ -f package-lock.json ]; else exec npm "$@"; fi
`,
};

/** Writes the programs into a directory that is made. */
export function writeStandIns(directory: string): void {
  mkdirSync(directory);
  for (const [name, text] of Object.entries(standIns)) {
    writeFileSync(join(directory, name), `#!/bin/sh\nset -e\n${text}`);
    chmodSync(join(directory, name), 0o755);
  }
}
