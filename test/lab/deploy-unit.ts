/**
 * Runs a service as its systemd unit says, where systemd itself is not at hand: user, groups, capabilities, state
 * directory, file system and command line. What only systemd can do (seccomp, cgroups) is left to `systemd-analyze`.
 */

/** The directives of a unit and its drop-ins; a directive that is given again adds a value, as lists do. */
export class Unit {
  readonly #values = new Map<string, string[]>();

  constructor(...texts: readonly string[]) {
    for (const line of texts.flatMap((text) => text.split('\n'))) {
      const [, name, value] = /^([A-Za-z]+)=(.*)$/.exec(line) ?? [];
      if (name !== undefined && value !== undefined)
        this.#values.set(name, [...(this.#values.get(name) ?? []), value]);
    }
  }

  all(name: string): string[] {
    return (this.#values.get(name) ?? []).flatMap((value) => value.split(' '));
  }

  one(name: string): string {
    const values = this.#values.get(name) ?? [];
    if (values.length !== 1) throw new Error(`The unit has ${values.length} times ${name}=, expected once.`);
    return values[0] ?? '';
  }

  /** A shell script, for a mount namespace of its own, that ends by becoming the service. */
  startScript(): string {
    const [user, group, state] = [
      this.one('User'),
      this.one('Group'),
      `/var/lib/${this.one('StateDirectory')}`,
    ];
    if (this.one('ProtectSystem') !== 'strict' || this.one('NoNewPrivileges') !== 'yes')
      throw new Error('This test stands in for ProtectSystem=strict and NoNewPrivileges=yes only.');
    const list = (name: string) =>
      ['-all', ...this.all(name).map((one) => one.toLowerCase().replace(/^cap_/, '+'))].join(',');
    const groups = this.all('SupplementaryGroups');
    const asUser = [
      'setpriv',
      `--reuid=${user}`,
      `--regid=${group}`,
      ...(groups.length === 0
        ? ['--clear-groups']
        : [`--groups=$(getent group ${groups.join(' ')} | cut -d: -f3 | paste -sd,)`]),
      `--inh-caps=${list('AmbientCapabilities')}`,
      `--ambient-caps=${list('AmbientCapabilities')}`,
      `--bounding-set=${list('CapabilityBoundingSet')}`,
      '--no-new-privs',
    ];
    return `set -e
umask ${this.one('UMask')}
install -d -m ${this.one('StateDirectoryMode')} -o ${user} -g ${group} ${state}
mount --bind ${state} ${state}
for directory in / /etc /opt /root /run /tmp /usr/local /var/lib; do mount -o remount,bind,ro $directory; done
mount -t tmpfs tmpfs /tmp
cd /
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin ${asUser.join(' ')} ${this.one('ExecStart')}
`;
  }
}
