/** Names of routers in the styles of many networks; some styles are held out for validation. */
import { knownWords, plainWords } from '../intent/vocabulary.ts';
import type { Random } from './random.ts';

const cities =
  'berlin paris london frankfurt madrid milan rome vienna zurich geneva oslo stockholm helsinki warsaw prague budapest lisbon dublin amsterdam brussels hamburg munich cologne lyon marseille porto seville turin naples athens sofia riga vilnius tallinn kiev minsk boston chicago denver dallas seattle miami atlanta houston phoenix portland toronto montreal ottawa tokyo osaka seoul beijing delhi mumbai sydney perth auckland cairo nairobi lagos lima bogota quito santiago salzburg graz basel bern leipzig dresden bremen'.split(
    ' ',
  );
const airports =
  'lon fra par mil ams mad vie zrh osl cph arn hel waw prg bud lis dub bru muc ham ord lax jfk sea dfw atl mia yyz nrt hkg sin syd akl'.split(
    ' ',
  );
const people =
  'apollo zeus hera athena odin thor loki freya ares hermes pluto jupiter saturn mars venus neptune merlin arthur gandalf frodo bilbo sauron homer bart lisa marge leia yoda vader kirk spock picard tesla edison newton curie darwin euler gauss turing hopper lovelace dijkstra knuth'.split(
    ' ',
  );
const things =
  'falcon eagle hawk raven swan lion tiger wolf bear otter badger salmon oak maple birch cedar willow granite marble copper silver gold ruby opal amber onyx comet nova quasar pulsar nebula orion vega sirius atlas titan castor pollux river mountain valley harbor castle bridge tower lighthouse garden kitchen attic basement office factory'.split(
    ' ',
  );
const roleWords = 'core edge spine leaf hub gateway border access'.split(' ');
/** Words that also occur in orders and in attempts at manipulation. */
const loadedWords =
  'admin root system override shutdown delete ignore reset clear drop kill reboot prompt secret test backup default primary master policy report restart trust switch firewall server office jailbreak developer emergency danger hack exploit console god guest'.split(
    ' ',
  );
const roles = 'pe p ce rr asbr abr core edge agg dist acc bb br gw lsr ler sw rtr r cr ar sr bng'.split(' ');
const domains = [
  'example.net',
  'example.com',
  'lab',
  'corp.example.org',
  'net.example',
  'core.example.net',
  'local',
  'isp.example',
];

type Style = (random: Random) => string;

const number = (random: Random, below = 30) => String(1 + random.below(below));
const padded = (random: Random) => String(1 + random.below(40)).padStart(2, '0');
const letter = (random: Random) => 'abcdefghijklmnopqrstuvwxyz'[random.below(26)] ?? 'x';
const capital = (text: string) => text.slice(0, 1).toUpperCase() + text.slice(1);

const trained: readonly (readonly [weight: number, Style])[] = [
  [8, (r) => `${r.pick(['PE', 'P', 'CE', 'RR', 'R'])}-${number(r)}`],
  [7, (r) => `${r.pick(['pe', 'p', 'ce', 'rr', 'r', 'asbr'])}${number(r)}`],
  [4, (r) => `${r.pick(['PE', 'P', 'CE', 'RR', 'R'])}${number(r)}`],
  [2, (r) => `${r.pick(['PE', 'P', 'R', 'pe', 'CE'])} ${number(r)}`],
  [3, (r) => `r${number(r, 99)}`],
  [2, (r) => `router${number(r)}`],
  [2, (r) => `node${number(r)}`],
  [2, (r) => `${r.pick(roles)}-${padded(r)}`],
  [4, (r) => `${r.pick(airports)}-${r.pick(roles)}-${padded(r)}`],
  [3, (r) => `${r.pick(airports)}-${r.pick(roles)}-${padded(r)}.${r.pick(domains)}`],
  [2, (r) => `${r.pick(roles)}${number(r)}.${r.pick(airports)}.${r.pick(domains)}`],
  [2, (r) => `${r.pick(roles)}${number(r)}.${r.pick(airports)}${number(r, 4)}`],
  [2, (r) => `${r.pick(cities)}-${r.pick(roles)}${number(r)}`],
  [2, (r) => `${r.pick(cities)}${number(r)}`],
  [6, (r) => r.pick(cities)],
  [4, (r) => capital(r.pick(cities))],
  [3, (r) => r.pick(airports)],
  [3, (r) => r.pick(airports).toUpperCase()],
  [5, (r) => r.pick(people)],
  [2, (r) => capital(r.pick(people))],
  [4, (r) => r.pick(things)],
  [2, (r) => capital(r.pick(things))],
  [3, (r) => r.pick(roleWords)],
  [2, (r) => `${r.pick(roleWords)}${r.pick(['', '-', '_'])}${number(r)}`],
  [2, (r) => `${r.pick(cities)}-${r.pick(roleWords)}`],
  [2, (r) => r.pick(loadedWords)],
  [1, (r) => `${r.pick(loadedWords)}${r.pick(['', '-', '_'])}${number(r)}`],
  [1, (r) => `${r.pick(loadedWords)}-${r.pick(roles)}${number(r)}`],
  [
    1,
    (r) => `${r.pick(loadedWords)}-${r.pick(['mode', 'prompt', 'box', 'node', 'gw', 'key', 'user', 'all'])}`,
  ],
  [2, (r) => `${r.pick(airports).toUpperCase()}-${r.pick(roles).toUpperCase()}-${padded(r)}`],
  [2, (r) => `${r.pick(airports).toUpperCase()}${number(r, 9)}`],
  [
    1,
    (r) => `${r.pick(roles)}${number(r, 9)}-${r.pick(['east', 'west', 'north', 'south', r.pick(airports)])}`,
  ],
  [1, (r) => `${r.pick(roleWords)}_${letter(r)}${padded(r)}`],
  [
    1,
    (r) =>
      `${r.pick(cities).slice(0, 3).toUpperCase()}-${r.pick(['PE', 'P', 'GW', 'RR', 'CR'])}-${number(r, 9)}`,
  ],
  [1, (r) => `mx${number(r, 9)}.${r.pick(airports)}`],
  [1, (r) => `${r.pick(['asr9k', 'ncs55', 'ptx', 'sros', 'csr'])}-${padded(r)}`],
  [3, (r) => `10.${r.below(256)}.${r.below(256)}.${1 + r.below(254)}`],
  [2, (r) => `192.168.${r.below(256)}.${1 + r.below(254)}`],
  [2, (r) => `fc00:0:${number(r)}::${number(r)}`],
  [2, (r) => `2001:db8:${(1 + r.below(4095)).toString(16)}::${number(r)}`],
  [1, (r) => `2001:db8::${(1 + r.below(65_535)).toString(16)}`],
  [1, (r) => `fcbb:bb00:${(1 + r.below(4095)).toString(16)}::`],
  [2, (r) => `${letter(r)}${letter(r)}${letter(r)}${number(r)}`],
  [1, (r) => `${letter(r)}${letter(r)}${letter(r)}${letter(r)}`],
  [1, (r) => `R_${number(r)}/${letter(r)}`],
  [1, (r) => `${r.pick(roles).toUpperCase()}_${number(r)}`],
  [1, (r) => `${letter(r)}${number(r)}-${letter(r)}${number(r)}`],
  [1, (r) => `${r.pick(cities)}_${r.pick(roles)}_${number(r)}`],
  [1, (r) => `${r.pick(roles)}.${r.pick(cities)}.${r.pick(domains)}`],
  [1, (r) => letter(r).toUpperCase()],
];

const heldOut: readonly (readonly [weight: number, Style])[] = [
  [1, (r) => `${r.pick(airports).toUpperCase()}${padded(r)}-${r.pick(roles).toUpperCase()}${number(r, 9)}`],
  [1, (r) => `x${r.pick(airports)}${padded(r)}${letter(r)}`],
  [
    1,
    (r) =>
      `${r.pick('alpha bravo charlie delta echo foxtrot golf hotel kilo lima mike oscar papa quebec romeo sierra tango'.split(' '))}`,
  ],
  [1, (r) => `${r.pick(roles)}#${number(r)}`],
  [1, (r) => `MX${r.pick(['104', '204', '480', '960'])}-${r.pick(cities)}`],
  [1, (r) => `172.${16 + r.below(16)}.${r.below(256)}.${1 + r.below(254)}`],
  [1, (r) => `fd00:${r.below(99)}:${r.below(99)}::a${number(r)}`],
  [1, (r) => `${r.pick(['ruby', 'indigo', 'teal', 'violet', 'crimson', 'magenta', 'olive', 'navy'])}`],
  [1, (r) => `${r.pick(['Nord', 'Sued', 'West', 'Ost', 'Mitte'])}${r.pick(['', '1', '2', '-3', '-A'])}`],
  [1, (r) => `s${number(r)}r${number(r)}`],
];

function weighted(styles: readonly (readonly [number, Style])[], random: Random): Style {
  const total = styles.reduce((sum, [weight]) => sum + weight, 0);
  let left = random.fraction() * total;
  for (const [weight, style] of styles) {
    left -= weight;
    if (left < 0) return style;
  }
  throw new Error('There are no styles.');
}

/** Different names, most often of one style. */
export function drawNames(count: number, random: Random, isHeldOut: boolean): string[] {
  const styles = isHeldOut ? heldOut : trained;
  const names = new Map<string, string>();
  const isUniform = random.chance(0.75);
  let style = weighted(styles, random);
  for (let tries = 0; names.size < count; tries++) {
    if (!isUniform || tries > 40) style = weighted(styles, random);
    const name = style(random);
    names.set(name.toLowerCase(), name);
  }
  return [...names.values()];
}

const customers =
  'acme globex initech umbrella hooli stark wayne contoso fabrikam northwind tyrell cyberdyne wonka soylent vandelay duff monarch zenith orionbank medicorp finbank railco'.split(
    ' ',
  );

export function drawCustomer(random: Random): string {
  const name = random.pick(customers);
  const kind = random.below(10);
  if (kind < 4) return capital(name);
  if (kind < 6) return name.toUpperCase();
  if (kind < 7) return `${name}${number(random)}`;
  if (kind < 8) return `${name}-vpn`;
  return random.chance(0.5) ? name : `cust${number(random, 900)}`;
}

export function drawInterface(random: Random): string {
  return random.pick([
    () => `Gi0/0/0/${random.below(8)}`,
    () => `xe-${random.below(4)}/0/${random.below(8)}`,
    () => `et-0/0/${random.below(32)}`,
    () => `ge-0/0/${random.below(8)}`,
    () => `eth${random.below(8)}`,
    () => `Ethernet${number(random)}/${number(random)}`,
    () => `ae${random.below(20)}`,
    () => `lo0`,
    () => `TenGigE0/${random.below(4)}/0/${random.below(8)}`,
    () => `Bundle-Ether${number(random)}`,
  ])();
}

const sites =
  'warehouse hospital clinic school depot plant mine shopfloor callcentre headquarters campus library bank hotel airport studio laboratory stadium terminal store outlet salesroom workshop farm mill ministry court station university brewery bakery pharmacy museum theatre prison shipyard quarry refinery showroom canteen'.split(
    ' ',
  );
const applications =
  'erp sap citrix teams zoom webex iscsi nfs smb veeam oracle postgres vmotion rdp sftp salesforce cctv iptv scada telemetry vdi fax dicom webshop booking payroll checkout telephony mainframe exchange sharepoint gitlab jira kafka nvme roce wireguard gtp lorawan streaming'.split(
    ' ',
  );
const persons =
  'joe maria ahmed chen olga pierre anita sven luis fatima priya tom kate bob ingrid yusuf hanna marco dieter sofie raj mike susan heinz carla'.split(
    ' ',
  );
const syllables =
  'ba bel cor da del fin gar ha jo ka lim lo ma mur na nok or pel quo ra rin sa sol ta tor un ve wex yo zan zi'.split(
    ' ',
  );
const unknownWords = [...plainWords].filter((word) => !knownWords.has(word) && /^[a-z]{3,10}$/.test(word));

export const drawSite = (random: Random): string => random.pick(sites);
export const drawApplication = (random: Random): string =>
  random.chance(0.2) ? random.pick(applications).toUpperCase() : random.pick(applications);
export const drawPerson = (random: Random): string =>
  random.chance(0.5) ? capital(random.pick(persons)) : random.pick(persons);

/** A word that nobody taught the model: of the language, or of no language. */
export function drawUnknownWord(random: Random): string {
  if (random.chance(0.75)) return random.pick(unknownWords);
  return Array.from({ length: 2 + random.below(2) }, () => random.pick(syllables)).join('');
}

/** What looks like a name and is none: networks, versions, priorities, times of radio operators. */
export const drawNetwork = (random: Random): string =>
  `AS${random.pick([64_500, 65_000, 3_300, 200_000]) + random.below(500)}`;
export const drawVersion = (random: Random): string =>
  random.pick([
    () => `${1 + random.below(24)}.${random.below(10)}.${random.below(9)}`,
    () => `${18 + random.below(7)}.${1 + random.below(4)}R${1 + random.below(3)}`,
    () => `v${1 + random.below(9)}.${random.below(20)}`,
    () => `XR${6 + random.below(2)}.${random.below(10)}.${random.below(4)}`,
    () => `release ${1 + random.below(20)}`,
  ])();
export const drawPriority = (random: Random): string =>
  random.pick(['P1', 'P2', 'P3', 'p1', 'p2', 'sev1', 'sev2', 'SEV-1', 'prio1', 'S2', 'high prio']);
export const drawZuluTime = (random: Random): string =>
  `${String(random.below(24)).padStart(2, '0')}${String(random.below(60)).padStart(2, '0')}${random.pick(['Z', 'Z', 'z', 'h', ' hrs', 'L', ''])}`;
export const drawBandwidth = (random: Random): string =>
  random.pick([
    '1G',
    '10G',
    '100G',
    '400G',
    '10 Gbit/s',
    '100 Mbit/s',
    '1 Gbps',
    '2.5 gig',
    '50 Mbps',
    '10GE',
    'STM-1',
    'T3',
  ]);
