// Reads a Parquet file: node hyparquet.mjs TOOLS FILE prints its metadata as a
// line of JSON, then each row as one.
import { pathToFileURL } from 'node:url'

const [tools, file] = process.argv.slice(2)
const load = (path) => import(pathToFileURL(`${tools}/node_modules/${path}`))
const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } = await load('hyparquet/src/node.js')
const { compressors } = await load('hyparquet-compressors/src/index.js')

const json = (v) => JSON.stringify(v, (_, x) => (typeof x === 'bigint' ? Number(x) : x))
const input = await asyncBufferFromFile(file)
const metadata = await parquetMetadataAsync(input)
console.log(json({ rows: metadata.num_rows, groups: metadata.row_groups.length, keyValues: metadata.key_value_metadata }))
for (const row of await parquetReadObjects({ file: input, compressors })) console.log(json(row))
