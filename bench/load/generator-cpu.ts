/** The CPU that a generator uses while it runs, in cores. In the generator's process. */
export const watchGeneratorCpu = (): (() => { readonly seconds: number; readonly generatorCores: number }) => {
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  return () => {
    const seconds = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(cpuBefore);
    return { seconds, generatorCores: (user + system) / 1e6 / seconds };
  };
};
