"""A recipe: water boils and vegetables are cut at the same time, and the soup needs both; each step sets an event."""


def boil(kitchen, boiled, pause):
    pause(0)
    kitchen["water"].value = 100
    boiled.set()


def cut(kitchen, is_cut, pause):
    pause(1)
    for i in range(len(kitchen["vegetables"])):
        kitchen["vegetables"][i] = i % 3
    is_cut.set()


def cook(kitchen, boiled, is_cut, pause):
    pause(2)
    boiled.wait()
    is_cut.wait()
    kitchen["soup"].value = kitchen["water"].value + sum(kitchen["vegetables"])


def main(context, pause):
    kitchen = {
        "water": context.Value("i", 20),
        "vegetables": context.Array("i", 9),
        "soup": context.Value("i", 0),
    }
    boiled, is_cut = context.Event(), context.Event()
    cooks = [
        context.Process(target=cook, args=(kitchen, boiled, is_cut, pause)),
        context.Process(target=cut, args=(kitchen, is_cut, pause)),
        context.Process(target=boil, args=(kitchen, boiled, pause)),
    ]
    for one in cooks:
        one.start()
    for one in cooks:
        one.join()
    return kitchen["soup"].value
