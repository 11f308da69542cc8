// Runs SQL: node duckdb.mjs TOOLS QUERY... prints the rows of each query as a
// line of JSON.
import { createRequire } from 'node:module'

const [tools, ...queries] = process.argv.slice(2)
const { DuckDBInstance } = createRequire(tools + '/package.json')('@duckdb/node-api')

const db = await DuckDBInstance.create(':memory:')
const connection = await db.connect()
for (const query of queries) {
  const reader = await connection.runAndReadAll(query)
  console.log(JSON.stringify(reader.getRowsJson()))
}
