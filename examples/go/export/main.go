// SPDX-License-Identifier: Apache-2.0
//
// export streams the records of an export into a sink that takes parts, as object storage does,
// without holding the state in memory: one JSON value a line, "snapshots" or "environments" first.
//
//	export FOLDER        writes FOLDER/part-00000, ...
//
// Nothing is complete until the trailer's checksum is that of what arrived: only then is the
// upload finished. An export that breaks is begun anew: it is one instant of the state, not a
// continuation.
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"

	"stateserver/examples/connection"
	pb "stateserver/examples/statepb"
)

const partBytes = 8 << 20

// partSink stands for CreateMultipartUpload, UploadPart, CompleteMultipartUpload.
type partSink struct {
	folder string
	parts  int
	buffer []byte
}

func newPartSink(folder string) (*partSink, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	old, err := filepath.Glob(filepath.Join(folder, "part-*"))
	if err != nil {
		return nil, err
	}
	for _, path := range old {
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	return &partSink{folder: folder}, nil
}

func (sink *partSink) Write(data []byte) (int, error) {
	sink.buffer = append(sink.buffer, data...)
	for len(sink.buffer) >= partBytes {
		if err := sink.part(partBytes); err != nil {
			return 0, err
		}
	}
	return len(data), nil
}

func (sink *partSink) part(size int) error {
	path := filepath.Join(sink.folder, fmt.Sprintf("part-%05d", sink.parts))
	if err := os.WriteFile(path, sink.buffer[:size], 0o644); err != nil {
		return err
	}
	sink.buffer = append(sink.buffer[:0], sink.buffer[size:]...)
	sink.parts++
	return nil
}

func (sink *partSink) Complete() error {
	if len(sink.buffer) == 0 {
		return nil
	}
	return sink.part(len(sink.buffer))
}

var sections = map[pb.Section]string{
	pb.Section_SECTION_SNAPSHOTS:    "snapshots\t",
	pb.Section_SECTION_ENVIRONMENTS: "environments\t",
}

// records writes what the stream brings; long records come in several pieces, each but the last
// with `continued`.
func records(stream pb.StateService_ExportClient, sink io.Writer) (*pb.ExportTrailer, error) {
	checksum, inside := sha256.New(), false
	both := io.MultiWriter(sink, checksum)
	for {
		message, err := stream.Recv()
		if err == io.EOF {
			return nil, errors.New("the export ended early; nothing was completed")
		}
		if err != nil {
			return nil, err
		}
		if trailer := message.GetTrailer(); trailer != nil {
			if trailer.Checksum != hex.EncodeToString(checksum.Sum(nil)) {
				return nil, errors.New("the export arrived damaged; nothing was completed")
			}
			return trailer, nil
		}
		for _, record := range message.GetRecords().GetRecords() {
			if !inside {
				if _, err := io.WriteString(sink, sections[record.Section]); err != nil {
					return nil, err
				}
			}
			if _, err := both.Write(record.Json); err != nil {
				return nil, err
			}
			if inside = record.Continued; !inside {
				if _, err := both.Write([]byte("\n")); err != nil {
					return nil, err
				}
			}
		}
	}
}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: export FOLDER")
	}
	channel, err := connection.Connect()
	if err != nil {
		log.Fatal(err)
	}
	defer channel.Close()
	service := pb.NewStateServiceClient(channel)
	err = connection.Retrying(func() error {
		sink, err := newPartSink(os.Args[1])
		if err != nil {
			return err
		}
		stream, err := service.Export(connection.Context(), &pb.ExportRequest{})
		if err != nil {
			return err
		}
		trailer, err := records(stream, sink)
		if err != nil {
			return err
		}
		if err := sink.Complete(); err != nil {
			return err
		}
		fmt.Printf("%d snapshots and %d environments in %d parts; token %s\n",
			trailer.Counts.Snapshots, trailer.Counts.Environments, sink.parts, trailer.StateToken)
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
}
