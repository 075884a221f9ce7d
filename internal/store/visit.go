package store

import (
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"

	"firebreak/internal/day"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/trace"
	"firebreak/internal/vault"
)

// VisitBlock is what of a block of visits began on one day, as it came.
type VisitBlock struct {
	Outbreak outbreak.ID
	District place.AreaID
	Day      day.Day
	Source   string
	Seq      int64
	Digest   [sha256.Size]byte // of the whole block as it came
	Received time.Time
	trace.Block
}

// visitCoders compress and read blocks. Both are safe for concurrent use.
var visitCoders = sync.OnceValues(func() (*zstd.Encoder, *zstd.Decoder) {
	// Neither call fails with these options.
	e, _ := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	d, _ := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(1<<30))
	return e, d
})

// visitDayKey returns the key of a day's blocks, drawn with its first block. fresh is false where a day without a key is an error.
func (ids *Identities) visitDayKey(r *Reader, o outbreak.ID, d day.Day) (vault.FileKey, error) {
	var wrapped []byte
	if err := r.row(`SELECT wrapped FROM visit_day WHERE outbreak = $1 AND day = $2`, int64(o), d).Scan(&wrapped); err != nil {
		return vault.FileKey{}, err
	}
	return ids.OpenFileKey(wrapped)
}

// AddVisits keeps blocks. The caller has asked VisitBlockSent about each.
func (ids *Identities) AddVisits(tx *Tx, list []VisitBlock) error {
	if len(list) == 0 {
		return nil
	}
	first, err := tx.nextIDs("visit_block", int64(len(list)))
	if err != nil {
		return err
	}
	encoder, _ := visitCoders()
	keys := map[day.Day]vault.FileKey{}
	rows := make([][]any, len(list))
	for i, b := range list {
		key, ok := keys[b.Day]
		if !ok {
			key, err = ids.visitDayKey(&tx.Reader, b.Outbreak, b.Day)
			if errors.Is(err, sql.ErrNoRows) {
				var wrapped []byte
				if key, wrapped, err = ids.NewFileKey(); err == nil {
					_, err = tx.exec(`INSERT INTO visit_day (outbreak, day, wrapped) VALUES ($1, $2, $3)`, int64(b.Outbreak), b.Day, wrapped)
				}
			}
			if err != nil {
				return fmt.Errorf("key of the visits of %s: %w", b.Day, err)
			}
			keys[b.Day] = key
		}
		content, err := key.Seal(visitBlockName(b.Outbreak, b.Day, b.Source, b.Seq), encoder.EncodeAll(trace.AppendBlock(nil, b.Block), nil))
		if err != nil {
			return err
		}
		rows[i] = []any{first + int64(i), int64(b.Outbreak), int64(b.District), b.Day, b.Source, b.Seq, b.Digest[:], int64(len(b.Visits)), instant(b.Received), content}
	}
	const text = `INSERT INTO visit_block (id, outbreak, district, day, source, seq, digest, visits, received_at, content) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`
	if err := tx.bulk(text, rows); err != nil {
		return fmt.Errorf("insert visits: %w", err)
	}
	return nil
}

// visitBlockName binds a sealed block to its place.
func visitBlockName(o outbreak.ID, d day.Day, source string, seq int64) string {
	return "visits|" + strconv.FormatInt(int64(o), 10) + "|" + d.String() + "|" + strconv.FormatInt(seq, 10) + "|" + source
}

// VisitBlockSent says whether a block was taken before, and returns its digest then.
func (r *Reader) VisitBlockSent(o outbreak.ID, source string, seq int64) (digest []byte, sent bool, err error) {
	err = r.row(`SELECT digest FROM visit_block WHERE outbreak = $1 AND source = $2 AND seq = $3 LIMIT 1`, int64(o), source, seq).Scan(&digest)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	return digest, err == nil, err
}

func (ids *Identities) visitsOf(r *Reader, o outbreak.ID, d day.Day) (out trace.Block, err error) {
	key, err := ids.visitDayKey(r, o, d)
	if err != nil {
		return out, err
	}
	rows, err := r.query(`SELECT source, seq, content FROM visit_block WHERE outbreak = $1 AND day = $2 ORDER BY id`, int64(o), d)
	if err != nil {
		return out, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	_, decoder := visitCoders()
	var plain []byte
	for rows.Next() {
		var source string
		var seq int64
		var content []byte
		if err := rows.Scan(&source, &seq, &content); err != nil {
			return out, err
		}
		packed, err := key.Open(visitBlockName(o, d, source, seq), content)
		if err != nil {
			return out, err
		}
		if plain, err = decoder.DecodeAll(packed, plain[:0]); err != nil {
			return out, err
		}
		if err := trace.ReadBlock(plain, &out); err != nil {
			return out, fmt.Errorf("block %d of %s: %w", seq, source, err)
		}
	}
	return out, rows.Err()
}

// visitDays lists the days that have visits.
func (r *Reader) visitDays(o outbreak.ID) ([]day.Day, error) {
	rows, err := r.query(`SELECT day FROM visit_day WHERE outbreak = $1 ORDER BY day`, int64(o))
	if err != nil {
		return nil, fmt.Errorf("list days of visits: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var out []day.Day
	for rows.Next() {
		var d day.Day
		if err := rows.Scan(&d); err != nil {
			return nil, fmt.Errorf("list days of visits: %w", err)
		}
		out = append(out, d)
	}
	return out, rows.Err()
}

// VisitsBefore says whether anything is kept of visits before a day.
func (r *Reader) VisitsBefore(o outbreak.ID, before day.Day) (bool, error) {
	var n int64
	err := r.row(`SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM visit_day WHERE outbreak = $1 AND day < $2 LIMIT 1) AS days) + (SELECT COUNT(*) FROM (SELECT 1 FROM visit_block WHERE outbreak = $1 AND day < $2 LIMIT 1) AS blocks)`,
		int64(o), before).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("look for visits before %s: %w", before, err)
	}
	return n > 0, nil
}

// PurgedVisits is proof of a purge.
type PurgedVisits struct {
	Days   []day.Day
	Blocks int64
	Visits int64
	Names  int64 // of people and places that nobody has visited since
}

// DestroyVisitKeys destroys the keys of the days before one: from then on nobody can read what was kept of them. DropVisits then deletes what cannot be read, in steps.
func (tx *Tx) DestroyVisitKeys(o outbreak.ID, before day.Day) (out PurgedVisits, err error) {
	days, err := tx.visitDays(o)
	if err != nil {
		return out, err
	}
	for _, d := range days {
		if d < before {
			out.Days = append(out.Days, d)
		}
	}
	if len(out.Days) == 0 {
		return out, nil
	}
	if err := tx.row(`SELECT COUNT(*), COALESCE(SUM(visits), 0) FROM visit_block WHERE outbreak = $1 AND day < $2`, int64(o), before).Scan(&out.Blocks, &out.Visits); err != nil {
		return out, fmt.Errorf("count visits before %s: %w", before, err)
	}
	if _, err := tx.exec(`DELETE FROM visit_day WHERE outbreak = $1 AND day < $2`, int64(o), before); err != nil {
		return out, fmt.Errorf("destroy keys of visits: %w", err)
	}
	for _, table := range []string{"visitor", "visit_place"} {
		n, err := tx.exec(`DELETE FROM `+table+` WHERE outbreak = $1 AND last_day < $2`, int64(o), before)
		if err != nil {
			return out, fmt.Errorf("delete names of visits: %w", err)
		}
		out.Names += n
	}
	return out, nil
}

// DropVisits deletes up to limit blocks of days before one, and says how many. Their keys are gone.
func (tx *Tx) DropVisits(o outbreak.ID, before day.Day, limit int) (int64, error) {
	n, err := tx.exec(`DELETE FROM visit_block WHERE id IN (SELECT id FROM visit_block WHERE outbreak = $1 AND day < $2 ORDER BY day, id LIMIT $3)`, int64(o), before, limit)
	if err != nil {
		return n, fmt.Errorf("delete visits: %w", err)
	}
	return n, nil
}

// VisitName is what those who send visits call a person or a place.
type VisitName struct {
	Number int64
	Text   string
	Person person.ID // who the register says it is; 0 while unknown, and for a place
}

// visitNames is one of the two tables of names.
type visitNames struct{ table, columns, values string }

var (
	visitorNames = visitNames{"visitor", ", person", ", $7"}
	placeNames   = visitNames{"visit_place", "", ""}
)

func (ids *Identities) visitKey(tx *Tx, o outbreak.ID) (vault.FileKey, error) {
	key, err := ids.openVisitKey(&tx.Reader, o)
	if !errors.Is(err, sql.ErrNoRows) {
		return key, err
	}
	key, wrapped, err := ids.NewFileKey()
	if err != nil {
		return key, err
	}
	_, err = tx.exec(`INSERT INTO visit_key (outbreak, wrapped) VALUES ($1, $2)`, int64(o), wrapped)
	return key, err
}

func (ids *Identities) openVisitKey(r *Reader, o outbreak.ID) (vault.FileKey, error) {
	var wrapped []byte
	if err := r.row(`SELECT wrapped FROM visit_key WHERE outbreak = $1`, int64(o)).Scan(&wrapped); err != nil {
		return vault.FileKey{}, err
	}
	return ids.OpenFileKey(wrapped)
}

// VisitorNumbers returns the number of each person of visits by what the sender calls them, and gives new ones numbers. who says who a new one is in the register, as far as it can.
// last is the last day on which each was somewhere.
func (ids *Identities) VisitorNumbers(tx *Tx, o outbreak.ID, district place.AreaID, last map[string]day.Day, who func(texts []string) (map[string]person.ID, error)) (map[string]int64, error) {
	return ids.numbers(tx, visitorNames, o, district, last, who)
}

// PlaceNumbers is VisitorNumbers for places.
func (ids *Identities) PlaceNumbers(tx *Tx, o outbreak.ID, district place.AreaID, last map[string]day.Day) (map[string]int64, error) {
	return ids.numbers(tx, placeNames, o, district, last, nil)
}

func (ids *Identities) numbers(tx *Tx, names visitNames, o outbreak.ID, district place.AreaID, last map[string]day.Day, who func([]string) (map[string]person.ID, error)) (map[string]int64, error) {
	v, err := ids.Vault(&tx.Reader)
	if err != nil {
		return nil, err
	}
	byDigest := make(map[int64]string, len(last))
	digests := make([]int64, 0, len(last))
	for text := range last {
		d := visitDigest(v, names, o, text)
		byDigest[d] = text
		digests = append(digests, d)
	}
	out := make(map[string]int64, len(last))
	var later [][]any
	err = inChunks(digests, func(part []int64) error {
		rows, err := tx.query(`SELECT id, digest, last_day FROM `+names.table+` WHERE outbreak = $1 AND digest IN (`+numbers(part)+`)`, int64(o))
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			var id, digest int64
			var was day.Day
			if err := rows.Scan(&id, &digest, &was); err != nil {
				return err
			}
			text := byDigest[digest]
			out[text] = id
			if last[text] > was {
				later = append(later, []any{last[text], id})
			}
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("look for names of visits: %w", err)
	}
	if err := tx.bulk(`UPDATE `+names.table+` SET last_day = $1 WHERE id = $2`, later); err != nil {
		return nil, err
	}
	var fresh []int64
	var texts []string
	for _, d := range digests {
		if _, ok := out[byDigest[d]]; !ok {
			fresh, texts = append(fresh, d), append(texts, byDigest[d])
		}
	}
	if len(fresh) == 0 {
		return out, nil
	}
	key, err := ids.visitKey(tx, o)
	if err != nil {
		return nil, fmt.Errorf("key of the names of visits: %w", err)
	}
	people := map[string]person.ID{}
	if who != nil {
		if people, err = who(texts); err != nil {
			return nil, err
		}
	}
	first, err := tx.nextIDs(names.table, int64(len(fresh)))
	if err != nil {
		return nil, err
	}
	rows := make([][]any, len(fresh))
	for i, d := range fresh {
		id := first + int64(i)
		sealed, err := key.Seal(names.table+"|"+strconv.FormatInt(id, 10), []byte(texts[i]))
		if err != nil {
			return nil, err
		}
		rows[i] = []any{id, int64(o), int64(district), d, sealed, last[texts[i]]}
		if who != nil {
			rows[i] = append(rows[i], int64(people[texts[i]]))
		}
		out[texts[i]] = id
	}
	if err := tx.bulk(`INSERT INTO `+names.table+` (id, outbreak, district, digest, sealed, last_day`+names.columns+`) VALUES ($1, $2, $3, $4, $5, $6`+names.values+`)`, rows); err != nil {
		return nil, fmt.Errorf("insert names of visits: %w", err)
	}
	return out, nil
}

func visitDigest(v *vault.Vault, names visitNames, o outbreak.ID, text string) int64 {
	return v.Digest(names.table + "|" + strconv.FormatInt(int64(o), 10) + "|" + text)
}

// OpenVisitNames opens what people or places are called. The caller journals that they were opened, and why.
func (ids *Identities) OpenVisitNames(r *Reader, o outbreak.ID, people, places []int64) (persons, where map[int64]string, err error) {
	key, err := ids.openVisitKey(r, o)
	if errors.Is(err, sql.ErrNoRows) {
		return map[int64]string{}, map[int64]string{}, nil
	}
	if err != nil {
		return nil, nil, err
	}
	open := func(names visitNames, list []int64) (map[int64]string, error) {
		out := make(map[int64]string, len(list))
		err := inChunks(list, func(part []int64) error {
			rows, err := r.query(`SELECT id, sealed FROM ` + names.table + ` WHERE id IN (` + numbers(part) + `)`)
			if err != nil {
				return err
			}
			defer rows.Close() //nolint:errcheck // rows.Err tells
			for rows.Next() {
				var id int64
				var sealed []byte
				if err := rows.Scan(&id, &sealed); err != nil {
					return err
				}
				text, err := key.Open(names.table+"|"+strconv.FormatInt(id, 10), sealed)
				if err != nil {
					return err
				}
				out[id] = string(text)
			}
			return rows.Err()
		})
		return out, err
	}
	if persons, err = open(visitorNames, people); err == nil {
		where, err = open(placeNames, places)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("open names of visits: %w", err)
	}
	return persons, where, nil
}

// KeptApart returns since when people of an outbreak met nobody outside: contacts in quarantine and cases in isolation.
func (r *Reader) KeptApart(o outbreak.ID) (map[person.ID]time.Time, error) {
	list, err := r.pairs(`SELECT person, quarantine_at FROM contact WHERE outbreak = $1 AND quarantine_at > 0 UNION ALL SELECT person, isolated_at FROM cases WHERE outbreak = $1 AND isolated_at > 0`, int64(o))
	if err != nil {
		return nil, fmt.Errorf("read since when people are kept apart: %w", err)
	}
	out := make(map[person.ID]time.Time, len(list))
	for _, x := range list {
		p, at := person.ID(x[0]), when(x[1])
		if was, ok := out[p]; !ok || at.Before(was) {
			out[p] = at
		}
	}
	return out, nil
}
