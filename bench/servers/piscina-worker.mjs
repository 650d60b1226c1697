/** What piscina's threads run. */
const { runJob } = await import(JSON.parse(process.env.BENCH_SETUP).appUrl);

export default (job) => runJob(job);
