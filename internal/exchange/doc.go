// Package exchange reads other systems' files into neutral records and writes ours out. It knows file formats and words,
// not the database: commands turn its records into facts, and give its writers the rows to export.
//
// The way in:
//
//	Source   a file, opened by path or from memory: CSV, TSV, semicolon- or pipe-separated text in any common encoding, or XLSX
//	Table    its rows, streamed, each with the row number that a person sees in a spreadsheet
//	Map      which column means what, saved as JSON; proposed by Recognise from the header
//	Record   what one row says: a case, a contact, a count or a link, with its Problems; exactly one Record per data row
//	Tally    what Scan counted at the reader, so that the consumer can prove rows = created + updated + unchanged + rejected
//
// Nothing is dropped silently: a row is accepted or rejected with a reason; a cell that cannot be understood is reported
// and kept as text in the record's attributes; a column that no field takes becomes attributes; a file that ends where a
// spreadsheet would have cut it off raises an alarm.
//
// The way out: WriteCSV, WriteXLSX, WriteJSON, WriteNDJSON, WriteGeoJSON and WriteEpicontacts, all streaming.
//
// web, api, field, cmd and command may import exchange. It imports day only, reads no clock and keeps no state between calls.
package exchange
