package field

import (
	"errors"
	"net/http"

	"firebreak/internal/capture"
	"firebreak/internal/screening"
	"firebreak/internal/store"
)

// boxes is POST /capture/v1/boxes: a desk has packed tubes in a box.
func (s *server) boxes(w http.ResponseWriter, r *http.Request) {
	s.fromDevice(w, r, func(d screening.Device, body []byte) (any, error) {
		in, err := screening.ReadPackedBox(body)
		if err != nil {
			return nil, err
		}
		answer, err := s.Commands.PackBox(r.Context(), d, *in)
		return written(answer), err
	})
}

// handovers is POST /capture/v1/handovers: a box went from one hand to the next.
func (s *server) handovers(w http.ResponseWriter, r *http.Request) {
	s.fromDevice(w, r, func(d screening.Device, body []byte) (any, error) {
		in, err := screening.ReadHandover(body)
		if err != nil {
			return nil, err
		}
		return s.Commands.HandOver(r.Context(), d, *in)
	})
}

// written is an answer that is JSON already.
type written string

// fromDevice reads a body, finds the device that sent it, and answers with what do returns.
func (s *server) fromDevice(w http.ResponseWriter, r *http.Request, do func(screening.Device, []byte) (any, error)) {
	body, ok := s.body(w, r)
	if !ok {
		return
	}
	d, err := s.Capture.Device(r.Context(), key(r))
	var out any
	if err == nil {
		out, err = do(d, body)
	}
	s.conclude(w, r, out, err)
}

// conclude answers a device with what was done, or why not.
func (s *server) conclude(w http.ResponseWriter, r *http.Request, out any, err error) {
	var notIn *capture.Refused
	var why *screening.Refusal
	switch {
	case err == nil:
		if text, ok := out.(written); ok {
			s.write(w, http.StatusOK, string(text))
			return
		}
		s.answer(w, http.StatusOK, out)
	case errors.As(err, &notIn):
		s.refuse(w, problem{Code: notIn.Reason, Where: notIn.Where, Text: notIn.Text})
	case errors.As(err, &why):
		s.refuse(w, problem{Code: why.Reason, Where: why.Where, Text: why.Text})
	case errors.Is(err, store.ErrClosed):
		s.refuse(w, problem{Code: codeBusy, Text: "the server is going down; send it again in a moment", Retry: true})
	default:
		s.fail(w, r, err)
	}
}
