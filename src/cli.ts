#!/usr/bin/env node
/** The command line. Exit codes: 0 a verified report, 1 none or it does not verify, 2 usage or bad input. */
import './cli/compile-cache.ts';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { commandVersion } from './cli/command-version.ts';
import { complain, complainOfUsage } from './cli/complaints.ts';
import { exitCodes } from './cli/exit-codes.ts';
import { watchReaders } from './cli/readers.ts';

watchReaders();

/** Days of an authority: a hundred years. Hours of an identity: four, as short-lived as anybody may call it. */
const lifetimeMax = 36_500;

const program = new Command('confer')
  .description('Routers confer: from one sentence on one router to a signed report of where packets die.')
  .version(commandVersion())
  .addHelpText('after', '\nExample: confer lab topologies/pe1-p2-pe3.yaml --once')
  .addHelpText(
    'after',
    '\nExit codes: 0 a verified report, 1 none or it does not verify, 2 usage or bad input',
  )
  .configureOutput({ outputError: complainOfUsage })
  .exitOverride();

program
  .command('lab')
  .description('bring a topology up, put faults in force, inject an intent and verify the report')
  .argument('<topology.yaml>', 'containerlab topology; docs/topology.md documents it')
  .addOption(
    new Option('--world <world>', 'modelled routers, or Linux network namespaces (root)')
      .choices(['modelled', 'kernel'])
      .default('modelled'),
  )
  .addOption(new Option('--intent <text>', 'what to verify').conflicts('intentFile'))
  .option('--intent-file <file>', 'the same from a file: a sentence, YAML or JSON')
  .addOption(
    new Option('--fault <id,...>', 'faults of the file to put in force').argParser(list).conflicts('faults'),
  )
  .option('--no-faults', 'put none in force')
  .option(
    '--once',
    'stop after the first report; without it the lab stays up, takes more intents from stdin, and exits with the worst code of all',
  )
  .option(
    '--json',
    'one JSON object on stdout: report, verification, timingsMs; progress on stderr; implies --once',
  )
  .option(
    '--out <dir>',
    'write report.json, report.html, ca.pem and pcap/ here, in place of what was written there before; .confer/ID when absent',
  )
  .option(
    '--seed <n>',
    'seed of the random draws of modelled links; time is real, so which packet meets which draw still varies',
    wholeNumber,
  )
  .addHelpText('after', '\nExample: confer lab topologies/pe1-p2-pe3.yaml --fault sid-missing --once')
  .action(async (topology, options) => {
    const { runLab } = await import('./cli/lab-command.ts');
    process.exitCode = await runLab(topology, options);
  });

program
  .command('agent')
  .description('run one agent, as on a router; logs to stderr, SIGTERM stops it')
  .requiredOption('--config <agent.yaml>', 'docs/deploy.md documents it')
  .addHelpText('after', '\nExample: confer agent --config /etc/confer/agent.yaml')
  .action(async ({ config }) => {
    const { runAgent } = await import('./cli/run-agent.ts');
    await runAgent(config);
  });

program
  .command('ask')
  .description('inject an intent at any agent and verify the report that comes back')
  .argument('<text>', 'one sentence, or YAML/JSON')
  .requiredOption('--agent <url>', 'for example https://[2001:db8::1]:9514')
  .requiredOption('--identity <dir>', 'certificate.pem, key.pem and ca.pem of an operator')
  .option('--json', 'one JSON object on stdout: report and verification')
  .option('--out <dir>', 'write report.json, report.html, ca.pem and pcap/ here')
  .addHelpText(
    'after',
    '\nExample: confer ask "Verify packet loss on the SRv6 path from PE-1 to PE-3 via P-2" --agent https://[::1]:9514 --identity pki/alice',
  )
  .action(async (text, options) => {
    const { runAsk } = await import('./cli/ask-command.ts');
    process.exitCode = await runAsk(text, options);
  });

const report = program
  .command('report')
  .description('reports: list, show, verify')
  .addHelpText('after', '\nExample: confer report verify report.json --trust ca.pem');

report
  .command('list')
  .description('reports that an agent keeps')
  .requiredOption('--agent <url>', 'for example https://[2001:db8::1]:9514')
  .requiredOption('--identity <dir>', 'certificate.pem, key.pem and ca.pem of an operator')
  .option('--json', 'one JSON array on stdout')
  .addHelpText('after', '\nExample: confer report list --agent https://[::1]:9514 --identity pki/alice')
  .action(async (options) => {
    const { listReports } = await import('./cli/report-command.ts');
    await listReports(options);
  });

report
  .command('show')
  .description('one report for people, from a file or from an agent')
  .argument('<report>', 'report.json, or with --agent the id of a report')
  .option('--agent <url>', 'for example https://[2001:db8::1]:9514')
  .option('--identity <dir>', 'with --agent: certificate.pem, key.pem and ca.pem of an operator')
  .addOption(new Option('--json', 'the report itself').conflicts(['html', 'yang']))
  .addOption(new Option('--html', 'a page for a browser, all in one file').conflicts(['json', 'yang']))
  .addOption(
    new Option('--yang', 'RFC 7951 JSON of the YANG module docs/yang/ietf-mcp.yang').conflicts([
      'json',
      'html',
    ]),
  )
  .option('--trust <ca.pem>', 'verify it as well, with the certificate of the authority that you trust')
  .option('--out <file>', 'write it here and not to stdout')
  .addHelpText(
    'after',
    '\nExample: confer report show .confer/1f2e/report.json --html --trust ca.pem --out report.html',
  )
  .action(async (name, options) => {
    const { showReport } = await import('./cli/report-command.ts');
    process.exitCode = await showReport(name, options);
  });

report
  .command('verify')
  .description('check a report offline: needs only the file and the trust anchor')
  .argument('<report.json>', 'the file as it was written: another form of the same JSON does not verify')
  .requiredOption('--trust <ca.pem>', 'certificate of the authority that you trust')
  .option('--json', 'one JSON object on stdout')
  .addHelpText('after', '\nExample: confer report verify report.json --trust ca.pem')
  .action(async (file, { trust, json }) => {
    const { printVerification, verifyReportFile } = await import('./cli/report-files.ts');
    const verification = verifyReportFile(file, trust);
    if (json) console.log(JSON.stringify(verification));
    else printVerification(verification, console.log);
    process.exitCode = verification.ok ? exitCodes.done : exitCodes.noReport;
  });

const controller = program
  .command('controller')
  .description('fetch, verify and keep the reports of many devices: pull, watch, report')
  .addHelpText('after', '\nExample: confer controller pull --config controller.yaml');

const controllerConfig = () =>
  new Option('--config <controller.yaml>', 'docs/controller.md documents it').default('controller.yaml');

controller
  .command('pull')
  .description(
    'fetch from every device the reports that are not here yet, verify, store and acknowledge them',
  )
  .addOption(controllerConfig())
  .addOption(new Option('--retry-refused', 'fetch again what was refused before').conflicts('releaseRefused'))
  .option('--release-refused', 'let devices drop what was refused before; it stays here, apart')
  .option('--json', 'one JSON object on stdout: ok, devices')
  .addHelpText(
    'after',
    '\nExit codes: 0 every device gave everything and all of it verified, 1 a device was away or a report is refused, 2 usage or bad input',
  )
  .addHelpText('after', '\nExample: confer controller pull --config controller.yaml')
  .action(async (options) => {
    const { pullReports } = await import('./cli/controller-command.ts');
    process.exitCode = await pullReports(options);
  });

controller
  .command('watch')
  .description(
    'stay connected, take reports as they are pushed, catch up after a reconnect; SIGTERM stops it',
  )
  .addOption(controllerConfig())
  .option('--json', 'one JSON object a line')
  .addHelpText('after', '\nExample: confer controller watch --config controller.yaml')
  .action(async (options) => {
    const { watchReports } = await import('./cli/controller-command.ts');
    await watchReports(options);
  });

const controllerReport = controller
  .command('report')
  .description('reports that the controller holds, offline: list, show')
  .addHelpText('after', '\nExample: confer controller report list --config controller.yaml');

controllerReport
  .command('list')
  .description('reports in the order in which they came')
  .addOption(controllerConfig())
  .option('--refused', 'what was refused instead, and why')
  .option('--json', 'one JSON array on stdout')
  .addHelpText('after', '\nExample: confer controller report list --config controller.yaml --refused')
  .action(async (options) => {
    const { listHeldReports } = await import('./cli/controller-command.ts');
    await listHeldReports(options);
  });

controllerReport
  .command('show')
  .description('one report for people, verified again')
  .argument('<id>', 'as `report list` prints it')
  .addOption(controllerConfig())
  .option('--device <name>', 'whose, where two devices have a report of this id')
  .addOption(new Option('--json', 'the report itself').conflicts(['html', 'yang']))
  .addOption(new Option('--html [file]', 'a page for a browser, all in one file').conflicts(['json', 'yang']))
  .addOption(
    new Option('--yang', 'RFC 7951 JSON of the YANG module docs/yang/ietf-mcp.yang').conflicts([
      'json',
      'html',
    ]),
  )
  .option('--out <file>', 'write it here and not to stdout')
  .addHelpText('after', '\nExample: confer controller report show 2f7c41d09ab3e655 --html report.html')
  .action(async (id, options) => {
    const { showHeldReport } = await import('./cli/controller-command.ts');
    process.exitCode = await showHeldReport(id, options);
  });

program
  .command('sim')
  .description('run a domain in virtual time under seeded faults, and check the invariants after each seed')
  .requiredOption('--seeds <A..B>', 'first and last seed, both included')
  .option(
    '--topology <file>',
    'containerlab topology; docs/topology.md documents it (default: pe1-p2-pe3.yaml, which comes with Confer)',
  )
  .option(
    '--faults <name=p,...>',
    'these and no others; docs/simulation.md names them (default: a mix of all)',
  )
  .option('--jobs <n>', 'threads', jobs, 1)
  .option('--bail', 'stop at the first seed that fails')
  .option('--json', 'one JSON object on stdout: seeds, failed, events, faultEvents, traceHash')
  .option('--trace <file>', 'also write every event of the first seed here')
  .addHelpText('after', '\nExample: confer sim --seeds 1..1000 --jobs 2')
  .addHelpText(
    'after',
    '\nExit codes: 0 all invariants hold, 1 some seed failed, 2 usage or bad input, 130 interrupted',
  )
  .action(async (options) => {
    const { runSim } = await import('./cli/sim-command.ts');
    process.exitCode = await runSim(options);
  });

program
  .command('arena')
  .description('run Confer and published methods on the same faults, and score them')
  .addOption(
    new Option(
      '--world <world>',
      'modelled routers in virtual time, or kernel labs one after the other (root on Linux)',
    )
      .choices(['modelled', 'kernel'])
      .default('modelled'),
  )
  .option('--cases <n>', 'how many', atLeastOne, 100)
  .option('--seed <n>', 'what the cases are drawn from; the same seed, the same result', wholeNumber, 1)
  .option('--kinds <kind,...>', 'kinds of fault to draw (default: all); healthy alone: no faults', list)
  .option('--tiers <tier,...>', 'standard, noisy, low-loss, missing (default: these), lying', list)
  .option('--shapes <shape,...>', 'chain, rings, fat-tree, wan (default: all)', list)
  .option('--methods <method,...>', 'confer and its opponents (default: all); docs/arena names them', list)
  .option('--case <n>', 'only the case of this number, in detail', wholeNumber)
  .option('--jobs <n>', 'threads', jobs, 1)
  .option(
    '--json',
    'one JSON object on stdout: cases, methods, tiers, faults, kinds, found, hops; progress on stderr',
  )
  .option('--html <file>', 'also write a page with plots here; needs Vega, an optional dependency')
  .option('--resume <file>', 'keep every finished case here, and go on with those that are here already')
  .addHelpText('after', '\nExample: confer arena --cases 400 --seed 1 --jobs 2')
  .addHelpText('after', '\nExit codes: 0 done, 2 usage or bad input, 130 interrupted')
  .action(async (options) => {
    const { runArena } = await import('./cli/arena-command.ts');
    process.exitCode = await runArena(options);
  });

program
  .command('infer')
  .description('name the links that drop packets, from a trace of flows alone: no probes, no agents')
  .requiredOption(
    '--topology <file>',
    'list of edges: "u v" links two switches, "host->switch" attaches a host',
  )
  .requiredOption('--flows <file>', 'FID, FPT and SS lines; docs/infer.md documents them')
  .option('--json', 'one JSON object on stdout: links, each with from, to, probability, lossPercent')
  .addHelpText('after', '\nBoth files may be gzipped.')
  .addHelpText('after', '\nExample: confer infer --topology topology.edgelist.gz --flows flows.txt.gz --json')
  .addHelpText('after', '\nExit codes: 0 done, also when no link is bad, 2 usage or bad input')
  .action(async (options) => {
    const { runInfer } = await import('./cli/infer-command.ts');
    process.exitCode = await runInfer(options);
  });

const model = program
  .command('model')
  .description('the on-box language model: parse, info, eval, rank')
  .addHelpText('after', '\nExample: confer model parse "packets vanish between PE-1 and PE-3"');

const modelName = () => new Option('--model <name>', 'a folder below models/weights or in full, or rules');

model
  .command('parse')
  .description('what a text is understood as')
  .argument('[text]', 'a sentence, YAML or JSON')
  .option('--file <file>', 'one JSON string a line; the intents come in the same order')
  .option('--json', 'one intent a line on stdout; docs/model.md documents the fields')
  .option('--topology <file>', 'names that are known, for texts in which they look like words')
  .addOption(modelName())
  .addHelpText('after', '\nExample: confer model parse --file texts.jsonl --json')
  .addHelpText('after', '\nExit codes: 0 done, also where a text is not supported, 2 usage or bad input')
  .action(async (text, options) => {
    const { parseTexts } = await import('./cli/model-command.ts');
    process.exitCode = await parseTexts(text, options);
  });

model
  .command('info')
  .description('which model reads: hash, parameters, licence, training run')
  .option('--json', 'one JSON object on stdout')
  .addOption(modelName())
  .addHelpText('after', '\nExample: confer model info')
  .action(async (options) => {
    const { showModel } = await import('./cli/model-command.ts');
    process.exitCode = await showModel(options);
  });

model
  .command('eval')
  .description('how well intents are read, causes are ranked and conclusions are worded')
  .option('--set <name=file,...>', 'these texts instead: {"text", "intent"} a line', list)
  .option('--cases <name=file,...>', 'these cases instead, as models/training/evidence writes them', list)
  .option('--sentences <file>', 'these conclusions instead, as models/training/evidence writes them')
  .option('--json', 'one JSON object on stdout: model, temperature, rows, ranked, said')
  .addOption(modelName())
  .addHelpText('after', '\nExample: confer model eval')
  .action(async (options) => {
    const { evaluateModel } = await import('./cli/model-eval-command.ts');
    process.exitCode = await evaluateModel(options);
  });

model
  .command('rank')
  .description('the causes that a report allows, as the correlation and the model rank them')
  .argument('<report.json>', 'as agents write it')
  .option('--trust <ca.pem>', 'verify the report first, and rank nothing of one that does not hold')
  .option('--json', 'one JSON object on stdout: verified, report, model, agrees, conclusion, candidates')
  .addOption(modelName())
  .addHelpText('after', '\nExample: confer model rank .confer/1f2e/report.json')
  .addHelpText('after', '\nExit codes: 0 done, 1 the report does not hold, 2 usage or bad input')
  .action(async (file, options) => {
    const { rankCauses } = await import('./cli/model-rank-command.ts');
    process.exitCode = await rankCauses(file, options);
  });

const pki = program
  .command('pki')
  .description('a lab certificate authority')
  .addHelpText('after', '\nExample: confer pki init --dir pki && confer pki issue --dir pki --node PE-1');

pki
  .command('init')
  .description('make an authority: ca.pem and ca-key.pem')
  .requiredOption('--dir <dir>', 'where the authority will be; created')
  .option('--name <name>', 'name of the authority', 'Confer lab')
  .option('--days <n>', `lifetime in days, at most ${lifetimeMax}`, lifetime, 365)
  .addHelpText('after', '\nExample: confer pki init --dir pki')
  .action(async (options) => {
    const { pkiInit } = await import('./cli/pki-command.ts');
    pkiInit(options);
  });

pki
  .command('issue')
  .description('issue a short-lived identity: certificate.pem, key.pem and ca.pem')
  .requiredOption('--dir <dir>', 'where the authority is')
  .requiredOption('--node <name>', 'name of the router, or of the operator')
  .addOption(
    new Option('--role <role>', 'what the certificate is good for')
      .choices(['device', 'operator', 'controller'])
      .default('device'),
  )
  .option('--host <address,...>', 'addresses for clients that check them', list, [])
  .option(
    '--hours <n>',
    `lifetime in hours, at most ${lifetimeMax}; it ends with the authority at the latest`,
    lifetime,
    24,
  )
  .option('--out <dir>', 'where to write; DIR/NAME when absent')
  .addHelpText('after', '\nExample: confer pki issue --dir pki --node PE-1 --host 2001:db8::1')
  .action(async (options) => {
    const { pkiIssue } = await import('./cli/pki-command.ts');
    pkiIssue(options);
  });

const audit = program
  .command('audit')
  .description('the audit trail of an agent')
  .addHelpText('after', '\nExample: confer audit verify /var/lib/confer --trust ca.pem');

audit
  .command('verify')
  .description('check that the trail in the store of an agent is whole; the agent may run meanwhile')
  .argument('<dir>', 'the directory that agent.yaml calls store')
  .option('--trust <ca.pem>', 'certificate of the authority that vouches for the device')
  .option('--seen <file>', 'what --json printed earlier: the trail must still contain what was signed then')
  .option('--json', 'one JSON object on stdout')
  .addHelpText('after', '\nExample: confer audit verify /var/lib/confer --trust ca.pem')
  .action(async (directory, options) => {
    const { auditVerify } = await import('./cli/audit-command.ts');
    process.exitCode = await auditVerify(directory, options);
  });

pki
  .command('revoke')
  .description('take back the certificates of a node: writes crl.pem, which agents have as revocations.pem')
  .requiredOption('--dir <dir>', 'where the authority is')
  .requiredOption('--node <name>', 'whose certificates: all that were issued to it and have not ended')
  .addHelpText('after', '\nExample: confer pki revoke --dir pki --node PE-1')
  .action(async (options) => {
    const { pkiRevoke } = await import('./cli/pki-command.ts');
    pkiRevoke(options);
  });

/** Also of an option that is given more than once. */
function list(text: string, before: readonly string[] = []): string[] {
  const items = text.split(',').map((item) => item.trim());
  if (items.some((item) => item === ''))
    throw new InvalidArgumentError('Write names with commas in between.');
  return [...before, ...items];
}

function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Write a whole number of at most 15 digits.');
  return Number(text);
}

function atLeastOne(text: string): number {
  const number = wholeNumber(text);
  if (number < 1) throw new InvalidArgumentError('Write a whole number from 1 on.');
  return number;
}

/** `--out --once` would take the second option for the name of a directory. Throws CommanderError. */
function requireValues(command: Command): void {
  const flags = command.options.flatMap(({ long, short }) => [long, short]);
  for (const option of command.options) {
    const value: unknown = command.getOptionValue(option.attributeName());
    const words = Array.isArray(value) ? value : [value];
    const flag = words.find((word) => flags.includes(word));
    if (option.required && flag !== undefined)
      command.error(`error: ${option.flags} needs a value, and the option ${flag} follows it`);
  }
}

function jobs(text: string): number {
  if (!/^[1-9]\d?$/.test(text)) throw new InvalidArgumentError('Write a number from 1 to 99.');
  return Number(text);
}

function lifetime(text: string): number {
  const number = Number(text);
  if (!(number > 0 && number <= lifetimeMax))
    throw new InvalidArgumentError(`Write a number above 0, at most ${lifetimeMax}.`);
  return number;
}

program.hook('preAction', (_program, command) => requireValues(command));

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError)
    process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.badInput;
  else process.exitCode = complain(error);
}
