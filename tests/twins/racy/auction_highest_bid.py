"""Every bidder looks whether it offers as much as the highest bid, and then writes its own there."""


class Auction:
    def __init__(self, context):
        self.highest = context.Value("i", 0)

    def bid(self, offer):
        if offer >= self.highest.value:
            self.highest.value = offer  # RACE lost-update
            return True
        return False


def bidder(auction, offers, pause, rank):
    pause(rank)
    for offer in offers:
        auction.bid(offer)


def main(context, pause):
    auction = Auction(context)
    offers = [range(10, 67, 7), range(12, 67, 9)]
    bidders = [context.Process(target=bidder, args=(auction, mine, pause, r)) for r, mine in enumerate(offers)]
    for one in bidders:
        one.start()
    for one in bidders:
        one.join()
    return auction.highest.value
