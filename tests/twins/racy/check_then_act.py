"""Is one left? Then take it. Two can see the last one."""


def buy(stock, bought, pause, rank):
    pause(rank)
    for _ in range(10):
        if stock.value > 0:
            stock.value -= 1  # RACE lost-update
            bought[rank] += 1


def main(context, pause):
    stock = context.Value("i", 15)
    bought = context.Array("i", 2)
    buyers = [context.Process(target=buy, args=(stock, bought, pause, rank)) for rank in range(2)]
    for buyer in buyers:
        buyer.start()
    for buyer in buyers:
        buyer.join()
    return stock.value, list(bought)
