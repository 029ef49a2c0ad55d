/** Stands for the confer command where a test only wants a process; says when it runs. */
process.stdout.write('running\n');
setInterval(() => {}, 1_000);
