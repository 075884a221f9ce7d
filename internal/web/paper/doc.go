// Package paper turns the main part of a page into a PDF of A4 sheets, so that what is printed says what the page says, in one wording.
//
// It reads headings, paragraphs, lists, tables, facts (dl) and QR codes; what a page marks no-print, forms, buttons and drawings are left out. Each element of class notice-sheet begins a sheet
// of its own. Letters come from the Go fonts, and Chinese from Droid Sans Fallback (fonts/); other scripts have no letters here and are printed as boxes.
package paper
