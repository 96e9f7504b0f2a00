// Linear regression on California housing from C++17: mini-batches are fed, an optimizer trains.
#include <leat.h>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

struct Table {
    std::vector<float> X, y; // m x 9 with a column of ones first; m
    int64_t m = 0;
};

static Table load(const char *path)
{
    Table t;
    std::ifstream file(path);
    std::string line, cell;
    std::getline(file, line); // the header
    while (std::getline(file, line)) {
        std::istringstream cells(line);
        std::vector<float> row{1};
        while (std::getline(cells, cell, ','))
            row.push_back(std::stof(cell));
        t.y.push_back(row.back());
        t.X.insert(t.X.end(), row.begin(), row.end() - 1);
        t.m++;
    }
    return t;
}

static void standardize(Table &t, int64_t columns)
{
    for (int64_t c = 1; c < columns; c++) {
        double sum = 0, squares = 0;
        for (int64_t i = 0; i < t.m; i++)
            sum += t.X[i * columns + c];
        double mean = sum / static_cast<double>(t.m);
        for (int64_t i = 0; i < t.m; i++)
            squares += std::pow(t.X[i * columns + c] - mean, 2);
        double deviation = std::sqrt(squares / static_cast<double>(t.m));
        for (int64_t i = 0; i < t.m; i++)
            t.X[i * columns + c] = static_cast<float>((t.X[i * columns + c] - mean) / deviation);
    }
}

int main(int argc, char **argv)
{
    constexpr int64_t columns = 9;
    Table data = load(argc > 1 ? argv[1] : "");
    if (data.m == 0) {
        std::fprintf(stderr, "usage: give the path of california_housing.csv\n");
        return 2;
    }
    standardize(data, columns);

    leat_graph *g = leat_graph_new();
    leat_graph_set_seed(g, 42);
    leat_placeholder_args fed;
    fed.shape = LEAT_SHAPE({-1, columns});
    fed.name = "X";
    leat_out X = leat_placeholder(g, LEAT_FLOAT, fed);
    fed.shape = LEAT_SHAPE({-1, 1});
    fed.name = "y";
    leat_out y = leat_placeholder(g, LEAT_FLOAT, fed);
    leat_random_uniform_args uniform;
    uniform.minval = -1;
    uniform.maxval = 1;
    uniform.seed = 42;
    leat_variable_args named;
    named.name = "theta";
    leat_out theta = leat_variable(leat_random_uniform(g, LEAT_SHAPE({columns, 1}), uniform), named);
    leat_out mse = leat_reduce_mean(leat_square(leat_sub(leat_matmul(X, theta), y)));
    leat_op *train = leat_minimize(leat_gradient_descent(0.01), mse);

    leat_session *s = leat_session_new(g, nullptr);
    leat_tensor *Xt = leat_tensor_from(LEAT_FLOAT, LEAT_SHAPE({data.m, columns}), data.X.data());
    leat_tensor *yt = leat_tensor_from(LEAT_FLOAT, LEAT_SHAPE({data.m, 1}), data.y.data());
    leat_tensor *error = nullptr;
    leat_must(leat_run_init(s));
    for (int epoch = 0; epoch < 1000; epoch++) {
        leat_must(leat_run(s, {{X, Xt}, {y, yt}}, {{mse, &error}}, {train}));
        if (epoch % 100 == 0)
            std::printf("Epoch %d MSE = %.5f\n", epoch, static_cast<double>(*static_cast<float *>(leat_tensor_data(error))));
    }

    leat_tensor_unref(Xt);
    leat_tensor_unref(yt);
    leat_tensor_unref(error);
    leat_session_free(s);
    leat_graph_free(g);
}
