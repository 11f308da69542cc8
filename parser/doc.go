// Package parser turns a fetched page into an article. It never fetches.
//
// A page goes through five steps: its charset is decoded, a byte scanner builds
// a tree in one slice, every node is scored, the container of the running text
// is chosen and cut into typed blocks, and the metadata is gathered from
// structured data and the visible page.
package parser
