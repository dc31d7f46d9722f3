// Package ticket holds the words that every other room of usher speaks: what a
// [Ticket] is, what it asks of an agent ([Demand]), which steps its life may
// take ([Next]), how its id is made ([IDs]), and the record of something having
// happened to it ([Change]).
//
// The package has no state but that of an id generator and decides nothing.
// All its types are plain values; they have stable JSON and text encodings,
// and what can be wrong with them is found by Validate, which names every fault
// at once.
//
// A ticket carries no free text. The words a customer wrote stay with the host:
// whatever a decision needs of them (a type, skills) is put on the ticket before
// it is submitted, for instance by package kb.
package ticket
