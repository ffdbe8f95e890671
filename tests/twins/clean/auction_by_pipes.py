"""Bidders send their bids through pipes of their own; only the auctioneer compares them and writes the winner down."""


def bidder(end, offers, pause, rank):
    pause(rank)
    for offer in offers:
        end.send(offer)
    end.send(None)
    end.close()


def main(context, pause):
    best, winner = context.Value("i", 0), context.Value("i", -1)
    ends, bidders = [], []
    for rank, offers in enumerate(([10, 40, 55], [20, 35], [5, 50, 51])):
        here, there = context.Pipe(duplex=False)
        process = context.Process(target=bidder, args=(there, offers, pause, rank))
        process.start()
        there.close()
        ends.append(here)
        bidders.append(process)
    for rank, end in enumerate(ends):
        while (offer := end.recv()) is not None:
            if offer > best.value:
                best.value = offer
                winner.value = rank
    for process in bidders:
        process.join()
    return winner.value, best.value
