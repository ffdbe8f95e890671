"""One variable, two locks with telling names."""


def billing(total, billing_lock, pause):
    pause(0)
    for invoice in range(10):
        with billing_lock:
            total.value += invoice  # RACE inconsistent-lock a


def refunds(total, refund_lock, pause):
    pause(1)
    for refund in range(5):
        with refund_lock:
            total.value -= refund  # RACE inconsistent-lock a


def main(context, pause):
    total = context.Value("i", 0)
    billing_lock = context.Lock()
    refund_lock = context.Lock()
    a = context.Process(target=billing, args=(total, billing_lock, pause))
    b = context.Process(target=refunds, args=(total, refund_lock, pause))
    a.start()
    b.start()
    a.join()
    b.join()
    return total.value
